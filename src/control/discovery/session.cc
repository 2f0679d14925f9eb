#include "control/discovery/session.h"

#include <algorithm>
#include <map>

#include "io/race.h"
#include "io/scope.h"

namespace mortise::control::discovery {

namespace api = ::mortise::discovery::v1;

namespace {

void append_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

// A length-delimited protobuf field, so that resources go out as the bytes they were encoded to.
void append_field(std::string& out, std::uint32_t field, std::string_view bytes) {
  append_varint(out, field << 3 | 2);
  append_varint(out, bytes.size());
  out += bytes;
}

std::string from_control(std::uint32_t field, const std::string& body) {
  std::string message;
  append_field(message, field, body);
  return message;
}

Result<api::ToControl> decode(const std::string& bytes) {
  api::ToControl message;
  if (!message.ParseFromString(bytes)) return fail(Code::invalid, "not a ToControl message");
  return message;
}

constexpr auto kName = [](const auto& encoded) -> const std::string& { return encoded->name; };

// Each name once, whatever was said.
Holdings held_by(const api::Hello& hello) {
  std::map<std::string, std::uint64_t> versions;
  for (const auto& held : hello.held()) versions[held.name()] = held.version();
  Holdings holdings;
  for (const auto& [name, version] : versions)
    holdings.push_back(std::make_shared<const Encoded>(name, version, std::string()));
  return holdings;
}

bool same(const std::shared_ptr<const Encoded>& left, const std::shared_ptr<const Encoded>& right) {
  return left == right || (left->name == right->name && left->version == right->version);
}

// Visits every name in order: visit(what is held, what is wanted), one of them perhaps null.
template <class Visit>
void compare(const Holdings& held, const Holdings& wanted, Visit visit) {
  const std::shared_ptr<const Encoded> none;
  auto left = held.begin();
  auto right = wanted.begin();
  while (left != held.end() || right != wanted.end()) {
    int order = 0;  // of the two names; most entries are the same object
    if (left == held.end()) {
      order = 1;
    } else if (right == wanted.end()) {
      order = -1;
    } else if (*left != *right) {
      order = (*left)->name.compare((*right)->name);
    }
    visit(order <= 0 ? *left : none, order >= 0 ? *right : none);
    if (order <= 0) ++left;
    if (order >= 0) ++right;
  }
}

}  // namespace

io::Task<Result<api::Hello>> read_hello(io::Loop& loop, const SessionOptions& options,
                                        rpc::ServerCall& call) {
  CO_TRY(auto bytes, co_await io::with_deadline(loop, options.hello, "hello", call.read()));
  if (!bytes) co_return fail(Code::invalid, "the stream ended before Hello");
  CO_TRY(auto message, decode(*bytes));
  if (!message.has_hello()) co_return fail(Code::invalid, "the first message must be Hello");
  co_return std::move(*message.mutable_hello());
}

Session::Session(Context context, std::string proxy, Peer& peer, rpc::ServerCall& call)
    : context_(context),
      interest_{std::move(proxy), {}},
      peer_(peer),
      call_(call),
      changed_(context.loop) {}

void Session::wake() {
  dirty_ = true;
  changed_.pulse();
}

void Session::stop() {
  ended_ = true;
  why_ended_ = fail(Code::conflict, "another stream of this process has taken over");
  changed_.pulse();
}

io::Task<rpc::Status> Session::run(Hello hello) {
  if (auto greeted = greet(hello); !greeted) co_return rpc::to_status(greeted.error());
  io::Scope scope(context_.loop);
  scope.spawn(receive());
  auto result = co_await send_updates();
  if (!result) co_return rpc::to_status(result.error());
  co_return rpc::Status{};
}

Result<void> Session::greet(const Hello& hello) {
  sent_ = held_by(hello);
  everything_ = sent_.empty();
  CHECK_OK(subscribe(hello.addresses()));
  peer_.version = hello.proxy_version();
  heard();
  return {};
}

io::Task<void> Session::receive() {
  while (!ended_) {
    auto bytes = co_await call_.read();  // ends with the connection, which has keep-alive
    Result<void> taken;
    if (!bytes) {
      taken = std::unexpected(bytes.error());
    } else if (*bytes) {
      const auto message = decode(**bytes);
      taken = message ? take(*message) : std::unexpected(message.error());
    }
    const bool left = bytes && !*bytes;
    if (!taken || left) {
      ended_ = true;
      why_ended_ = std::move(taken);
    }
    changed_.pulse();
  }
}

Result<void> Session::take(const api::ToControl& message) {
  heard();
  if (message.has_ack()) {
    answered_ = message.ack().nonce();
    peer_.rejected = message.ack().rejected();
    return {};
  }
  if (!message.has_subscribe()) return fail(Code::invalid, "Hello came twice, or an empty message");
  for (const auto& address : message.subscribe().release()) interest_.addresses.erase(address);
  dirty_ = true;
  return subscribe(message.subscribe().addresses());
}

Result<void> Session::subscribe(const Addresses& addresses) {
  for (const auto& address : addresses) {
    if (interest_.addresses.size() >= context_.options.addresses) {
      return fail(Code::exhausted, "too many addresses are subscribed");
    }
    // Kept as text: what is no address would be kept for nothing.
    TRY(const auto parsed, IpAddress::parse(address));
    interest_.addresses.insert(parsed.to_string());
  }
  return {};
}

io::Task<Result<void>> Session::send_updates() {
  for (;;) {
    if (ended_) co_return why_ended_;
    if (context_.registry.workload(interest_.proxy) == nullptr) {
      co_return fail(Code::not_found, "workload " + interest_.proxy + " is gone");
    }
    const auto revision = context_.registry.revision();
    if (dirty_) {
      dirty_ = false;
      if (auto next = difference(revision); !next.update.empty()) {
        CO_CHECK_OK(co_await send(revision, std::move(next)));
        continue;
      }
    }
    CO_CHECK_OK(co_await idle(revision));
  }
}

Holdings Session::wanted_now() const {
  auto& catalog = context_.catalog;
  Holdings own;
  for (const auto& name : wanted(interest_, context_.registry))
    if (auto encoded = catalog.find(name)) own.push_back(std::move(encoded));
  const auto& common = catalog.told_to_all();
  Holdings all;
  all.reserve(common.size() + own.size());
  std::ranges::set_union(common, own, std::back_inserter(all), {}, kName, kName);
  return all;
}

std::size_t Session::missing_bytes(const Holdings& wanted) const {
  std::size_t bytes = 0;
  compare(sent_, wanted, [&](const auto& held, const auto& encoded) {
    if (encoded && !(held && same(held, encoded))) bytes += encoded->bytes.size();
  });
  return bytes;
}

Session::Difference Session::difference(std::uint64_t revision) {
  auto wanted = wanted_now();
  Difference result;
  // While a proxy has only part of the mesh, it must not take an address that it does not know
  // for one outside: the settings then say that not everything is told.
  if (missing_bytes(wanted) > context_.options.update_bytes) {
    result.partial = true;
    *std::ranges::lower_bound(wanted, "settings", {}, kName) =
        context_.catalog.incomplete_settings();
  }
  api::Update rest;
  compare(sent_, wanted, [&](const auto& held, const auto& encoded) {
    if (!encoded) return rest.add_removed(held->name);
    if (held && same(held, encoded)) return result.after.push_back(encoded);
    const bool full = result.update.size() >= context_.options.update_bytes;
    if (full && encoded->name != "settings") {
      result.partial = true;
      if (held) result.after.push_back(held);
      return;
    }
    append_field(result.update, api::Update::kSetFieldNumber, encoded->bytes);
    result.after.push_back(encoded);
  });
  if (result.update.empty() && rest.removed().empty()) return {};
  rest.set_revision(revision);
  rest.set_everything(std::exchange(everything_, false));
  rest.set_nonce(++nonce_);
  result.update = rest.SerializeAsString() + result.update;
  return result;
}

io::Task<Result<void>> Session::send(std::uint64_t revision, Difference difference) {
  peer_.last_update = revision;
  CO_CHECK_OK(
      co_await call_.write(from_control(api::FromControl::kUpdateFieldNumber, difference.update)));
  told_ = revision;
  // However long it takes: whoever waits for this proxy names it after its lease has passed.
  while (answered_ != nonce_ && !ended_) co_await changed_.opened();
  if (ended_) co_return why_ended_;
  if (peer_.rejected.empty()) {
    sent_ = std::move(difference.after);
    dirty_ |= difference.partial;
    if (!difference.partial) settle(revision);
  } else {
    // It still holds what it held: with the next change it is told all of the difference again.
    everything_ = sent_.empty();
    context_.log.warning(interest_.proxy + " refused revision " + std::to_string(revision) + ": " +
                         peer_.rejected);
    context_.progress.pulse();
  }
  // What changes within this time goes out together.
  co_await context_.loop.sleep_for(context_.options.gather);
  co_return Result<void>();
}

// Nothing is outstanding: says so, at once when the revision is news and else now and then.
io::Task<Result<void>> Session::idle(std::uint64_t revision) {
  if (peer_.rejected.empty()) settle(revision);
  if (told_ != revision) {
    api::Heartbeat heartbeat;
    heartbeat.set_revision(revision);
    CO_CHECK_OK(co_await call_.write(
        from_control(api::FromControl::kHeartbeatFieldNumber, heartbeat.SerializeAsString())));
    told_ = revision;
  }
  if (dirty_ || ended_) co_return Result<void>();
  const auto deadline = context_.loop.now() + context_.options.heartbeat;
  if (!co_await io::OpenOrTimeout(context_.loop, changed_, deadline)) told_ = 0;
  co_return Result<void>();
}

void Session::settle(std::uint64_t revision) {
  if (revision <= peer_.settled) return;
  peer_.settled = revision;
  context_.progress.pulse();
}

}  // namespace mortise::control::discovery
