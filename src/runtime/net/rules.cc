#include "runtime/net/rules.h"

#include <fmt/format.h>

namespace mortise::runtime {

namespace {

// nftables has no "replace": an empty declaration makes the deletion after it always succeed. The
// whole text is one transaction, so that there is never a moment without rules.
std::string fresh_table(const std::string& name) {
  return fmt::format("table {0} {{\n}}\ndelete table {0}\ntable {0} {{\n", name);
}

std::string capture_chains(const std::string& own, std::uint32_t sidecar_uid) {
  // Own traffic leaves the sidecar untouched (J-23). The exception: a call that comes back to this
  // workload meets the inbound side, unless it is the inbound side's own call (J-24, J-25).
  return fmt::format(
      "  chain own {{\n"
      "    oifname \"lo\" ip daddr {0} ip saddr != 127.0.0.6 meta l4proto tcp redirect to :{3}\n"
      "  }}\n"
      "  chain outbound {{\n"
      "    type nat hook output priority -100; policy accept;\n"
      "    meta l4proto != tcp return\n"
      "    meta skuid {1} goto own\n"
      "    oifname \"lo\" return\n"
      "    meta l4proto tcp redirect to :{2}\n"
      "  }}\n"
      "  chain inbound {{\n"
      "    type nat hook prerouting priority -100; policy accept;\n"
      "    iifname \"eth0\" meta l4proto tcp redirect to :{3}\n"
      "  }}\n",
      own, sidecar_uid, kOutboundPort, kInboundPort);
}

// A chain per service with several endpoints, reached through one map: the cost of a connection
// does not grow with the number of services.
std::string balancing_chain(std::size_t number, const ServiceRoute& route) {
  std::string choices;
  for (std::size_t i = 0; i < route.endpoints.size(); ++i)
    choices += fmt::format("{}\n      {} : {} . {}", i == 0 ? "" : ",", i,
                           route.endpoints[i].ip.to_string(), route.endpoints[i].port);
  return fmt::format(
      "  chain service_{} {{\n"
      "    meta l4proto tcp dnat ip addr . port to numgen random mod {} map {{{}\n"
      "    }}\n"
      "  }}\n",
      number, route.endpoints.size(), choices);
}

}  // namespace

std::string capture_rules(const IpAddress& own_address, std::optional<std::uint32_t> sidecar_uid) {
  std::string text = fresh_table("ip mortise_capture");
  if (sidecar_uid) text += capture_chains(own_address.to_string(), *sidecar_uid);
  // What no service took over, and what lies outside, fails at once not after an ARP timeout.
  text += fmt::format(
      "  chain refuse {{\n"
      "    type filter hook output priority 0; policy accept;\n"
      "    oifname \"lo\" return\n"
      "    ip daddr 127.0.0.0/8 return\n"  // redirected: the interface is still the first one
      "    ip daddr {0} meta l4proto tcp reject with tcp reset\n"
      "    ip daddr {0} reject with icmp port-unreachable\n"
      "    ip daddr != {1} reject with icmp net-unreachable\n"
      "  }}\n"
      "}}\n",
      kServiceRange, kMeshRanges);
  text += fresh_table("ip6 mortise_capture");
  text +=
      "  chain out {\n"
      "    type filter hook output priority 0; policy accept;\n"
      "    oifname != \"lo\" drop\n"
      "  }\n"
      "  chain in {\n"
      "    type filter hook input priority 0; policy accept;\n"
      "    iifname != \"lo\" drop\n"
      "  }\n"
      "}\n";
  return text;
}

std::string service_rules(std::span<const ServiceRoute> routes) {
  std::string text = fresh_table("ip mortise_services");
  std::string jumps;
  for (std::size_t i = 0; i < routes.size(); ++i) {
    if (routes[i].endpoints.empty()) continue;  // the refuse chain answers
    text += balancing_chain(i, routes[i]);
    jumps += fmt::format("{}\n      {} . {} : goto service_{}", jumps.empty() ? "" : ",",
                         routes[i].address.ip.to_string(), routes[i].address.port, i);
  }
  // After capture (-100): only callers that were not redirected get here, the sidecar among them.
  text +=
      "  chain services {\n"
      "    type nat hook output priority -90; policy accept;\n";
  if (!jumps.empty()) text += fmt::format("    ip daddr . tcp dport vmap {{{}\n    }}\n", jumps);
  text += "  }\n}\n";
  return text;
}

}  // namespace mortise::runtime
