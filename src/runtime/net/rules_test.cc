#include "runtime/net/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace mortise::runtime {
namespace {

using testing::HasSubstr;
using testing::Not;

SocketAddress at(const char* text) { return *SocketAddress::parse(text); }

TEST(CaptureRules, RedirectEverythingButTheSidecarsOwnTraffic) {
  const auto text = capture_rules(*IpAddress::parse("198.18.0.3"), 100000002);
  EXPECT_EQ(text, R"(table ip mortise_capture {
}
delete table ip mortise_capture
table ip mortise_capture {
  chain own {
    oifname "lo" ip daddr 198.18.0.3 ip saddr != 127.0.0.6 meta l4proto tcp redirect to :15006
  }
  chain outbound {
    type nat hook output priority -100; policy accept;
    meta l4proto != tcp return
    meta skuid 100000002 goto own
    oifname "lo" return
    meta l4proto tcp redirect to :15001
  }
  chain inbound {
    type nat hook prerouting priority -100; policy accept;
    iifname "eth0" meta l4proto tcp redirect to :15006
  }
  chain refuse {
    type filter hook output priority 0; policy accept;
    oifname "lo" return
    ip daddr 127.0.0.0/8 return
    ip daddr 198.19.0.0/16 meta l4proto tcp reject with tcp reset
    ip daddr 198.19.0.0/16 reject with icmp port-unreachable
    ip daddr != 198.18.0.0/15 reject with icmp net-unreachable
  }
}
table ip6 mortise_capture {
}
delete table ip6 mortise_capture
table ip6 mortise_capture {
  chain out {
    type filter hook output priority 0; policy accept;
    oifname != "lo" drop
  }
  chain in {
    type filter hook input priority 0; policy accept;
    iifname != "lo" drop
  }
}
)");
}

TEST(CaptureRules, WithoutSidecarNothingIsRedirected) {
  EXPECT_THAT(capture_rules(*IpAddress::parse("198.18.0.3"), std::nullopt),
              Not(HasSubstr("redirect")));
}

TEST(ServiceRules, BalanceOverEndpointsAndSkipServicesWithoutAny) {
  const std::array routes = {
      ServiceRoute{at("198.19.0.1:8000"), {at("198.18.0.2:80"), at("198.18.0.3:8080")}},
      ServiceRoute{at("198.19.0.2:80"), {}},
      ServiceRoute{at("198.19.0.3:80"), {at("198.18.0.4:80")}},
  };
  EXPECT_EQ(service_rules(routes), R"(table ip mortise_services {
}
delete table ip mortise_services
table ip mortise_services {
  chain service_0 {
    meta l4proto tcp dnat ip addr . port to numgen random mod 2 map {
      0 : 198.18.0.2 . 80,
      1 : 198.18.0.3 . 8080
    }
  }
  chain service_2 {
    meta l4proto tcp dnat ip addr . port to numgen random mod 1 map {
      0 : 198.18.0.4 . 80
    }
  }
  chain services {
    type nat hook output priority -90; policy accept;
    ip daddr . tcp dport vmap {
      198.19.0.1 . 8000 : goto service_0,
      198.19.0.3 . 80 : goto service_2
    }
  }
}
)");
}

TEST(ServiceRules, NoServicesStillReplaceWhatWasThere) {
  EXPECT_THAT(service_rules({}), HasSubstr("delete table ip mortise_services"));
}

}  // namespace
}  // namespace mortise::runtime
