#include "control/registry/addresses.h"

#include <algorithm>
#include <set>

namespace mortise::control::registry {
namespace {

constexpr std::uint32_t kFirst = 0xc6130001;  // 198.19.0.1
constexpr std::uint32_t kLast = 0xc613fffe;   // 198.19.255.254

class FreeAddresses {
 public:
  explicit FreeAddresses(const std::map<std::string, IpAddress>& used) {
    for (const auto& [service, address] : used) used_.insert(address.v4_value());
    // Behind the highest one, so that an address is not given again soon after it was freed.
    if (!used_.empty()) next_ = std::max(kFirst, *used_.rbegin() + 1);
  }

  Result<IpAddress> take() {
    for (std::uint32_t tried = 0; tried <= kLast - kFirst; ++tried, ++next_) {
      if (next_ > kLast) next_ = kFirst;
      if (used_.insert(next_).second) return IpAddress::v4(next_++);
    }
    return fail(Code::exhausted, "no service address is left in " + std::string(kServiceRange));
  }

 private:
  std::set<std::uint32_t> used_;
  std::uint32_t next_ = kFirst;
};

}  // namespace

Result<void> assign_addresses(const Registry& registry, Change& change) {
  FreeAddresses free(registry.addresses());
  for (const auto& ref : change.removed) {
    if (ref.kind != "Service") continue;
    if (registry.addresses().contains(key_of(ref))) change.removed_addresses.push_back(key_of(ref));
  }
  for (const auto& object : change.put) {
    const auto* service = std::get_if<model::Service>(&object.value);
    if (!service) continue;
    const auto key = key_of(object.ref());
    const bool has_one = registry.addresses().contains(key);
    if (service->headless && has_one) change.removed_addresses.push_back(key);
    if (service->headless || has_one) continue;
    TRY(const auto address, free.take());
    change.put_addresses.emplace(key, address);
  }
  return {};
}

}  // namespace mortise::control::registry
