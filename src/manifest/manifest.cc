#include "manifest/manifest.h"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <utility>

#include "manifest/builder.h"
#include "manifest/decode.h"
#include "manifest/reader.h"
#include "model/names.h"

namespace mortise::manifest {

namespace {

class Parse {
 public:
  explicit Parse(const Options& options)
      : options_(options), budget_{options.limits.depth, options.limits.nodes} {}

  void read(const File& file) {
    report_.begin_file(file.name);
    if (file.text.size() > bytes_left()) {
      bytes_ = options_.limits.bytes;
      report_.problem(0, "",
                      fmt::format("more than {} bytes of objects in one call: apply them in parts",
                                  options_.limits.bytes));
      return;
    }
    bytes_ += file.text.size();
    const auto documents = read_documents(file.text, budget_);
    for (const auto& fault : documents.faults) {
      report_.problem(fault.line, fault.field, fault.message);
    }
    for (const auto& root : documents.roots) document(root, "");
  }

  Parsed finish() && {
    return {std::move(objects_), report_.take_problems(), report_.take_notes()};
  }

 private:
  [[nodiscard]] std::size_t bytes_left() const { return options_.limits.bytes - bytes_; }

  void document(const Node& node, const std::string& prefix) {
    report_.begin_object(prefix);
    const auto* const kind = node.find("kind");
    if (kind != nullptr && kind->is_text() && kind->text == "List") {
      list(node, prefix);
    } else if (auto object = decode_object(node, options_, report_)) {
      add(*std::move(object));
    }
  }

  void list(const Node& node, const std::string& prefix) {
    Fields fields(node, "", report_);
    fields.text("kind");
    if (fields.text("apiVersion") != "v1") fields.problem("apiVersion", "a List has apiVersion v1");
    fields.map("metadata");
    std::vector<const Node*> items;
    fields.each("items",
                [&](const Node& item, const std::string& /*path*/) { items.push_back(&item); });
    fields.done();
    for (std::size_t i = 0; i < items.size(); ++i) {
      document(*items[i], fmt::format("{}items[{}].", prefix, i));
    }
  }

  void add(Object object) {
    auto& meta = object.meta();
    const auto [first, is_new] = seen_.emplace(meta.ref, meta.origin);
    if (!is_new) {
      report_.problem(meta.origin.line, "metadata.name",
                      fmt::format("{} is there already, in {}:{}", meta.ref.to_string(),
                                  first->second.file, first->second.line));
      return;
    }
    meta.created_order = seen_.size();
    objects_.push_back(std::move(object));
  }

  const Options& options_;
  Budget budget_;
  std::size_t bytes_ = 0;
  Report report_;
  std::map<model::ObjectRef, model::Origin> seen_;
  std::vector<Object> objects_;
};

}  // namespace

int FieldLines::locate(std::string_view field) const {
  for (;;) {
    if (const auto found = lines_.find(field); found != lines_.end()) return found->second;
    if (field.empty()) return 0;
    const auto cut = field.find_last_of(".[");
    field = cut == std::string_view::npos ? std::string_view() : field.substr(0, cut);
  }
}

const model::Meta& Object::meta() const {
  return std::visit([](const auto& held) -> const model::Meta& { return held.meta; }, value);
}

model::Meta& Object::meta() {
  return std::visit([](auto& held) -> model::Meta& { return held.meta; }, value);
}

std::string Problem::to_string() const {
  std::string place = file;
  if (line > 0) place += fmt::format("{}{}", place.empty() ? "line " : ":", line);
  for (const auto& part : {field, message}) {
    if (part.empty()) continue;
    if (!place.empty()) place += ": ";
    place += part;
  }
  return place;
}

Parsed parse(std::span<const File> files, const Options& options) {
  if (!model::is_dns_label(options.namespace_name)) {
    Parsed parsed;
    parsed.problems.push_back(
        {"", 0, "", "", quoted(options.namespace_name) + " is not a namespace's name"});
    return parsed;
  }
  Parse parse(options);
  for (const auto& file : files) parse.read(file);
  return std::move(parse).finish();
}

Problem locate(const Object& object, std::string field, std::string message) {
  const auto& meta = object.meta();
  const int line = object.lines.locate(field);
  return {meta.origin.file, line > 0 ? line : meta.origin.line, std::move(field),
          meta.ref.to_string(), std::move(message)};
}

Result<Object> restore(std::string_view content) {
  const Options options;
  Budget budget{options.limits.depth, options.limits.nodes};
  TRY(const auto node, read_json(content, budget));
  Report report;
  report.begin_file("");
  auto object = decode_object(node, options, report);
  if (!object) {
    const auto problems = report.take_problems();
    return fail(Code::invalid,
                problems.empty() ? "this is not an object" : problems.front().to_string());
  }
  object->lines = {};
  object->meta().origin = {};
  return *std::move(object);
}

}  // namespace mortise::manifest
