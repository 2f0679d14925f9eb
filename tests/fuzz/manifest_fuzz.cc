// Manifests: whatever is accepted says the same after it was stored, and after it was printed.
#include <string>
#include <vector>

#include "base/check.h"
#include "manifest/manifest.h"

namespace {

using mortise::manifest::Object;

// As the store does it, and as a person does who applies what `get -o yaml` printed.
void check_round_trip(const Object& object) {
  auto restored = mortise::manifest::restore(object.content);
  MORTISE_CHECK(restored && restored->content == object.content);
  restored->meta() = object.meta();
  MORTISE_CHECK(restored->value == object.value);

  const auto yaml = mortise::manifest::yaml_from_json(mortise::manifest::to_json(object));
  MORTISE_CHECK(yaml.has_value());
  const std::vector<mortise::manifest::File> files = {{"printed", *yaml}};
  const auto again = mortise::manifest::parse(files);
  MORTISE_CHECK(again.problems.empty() && again.objects.size() == 1);
  MORTISE_CHECK(again.objects[0].content == object.content);
  MORTISE_CHECK(again.objects[0].meta().created_seconds == object.meta().created_seconds);
}

void check_problem(const mortise::manifest::Problem& problem) {
  MORTISE_CHECK(!problem.message.empty());
  MORTISE_CHECK(problem.line >= 0);
  MORTISE_CHECK(problem.message.size() < 4000 && problem.field.size() < 8000);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  const std::vector<mortise::manifest::File> files = {
      {"fuzz.yaml", std::string(reinterpret_cast<const char*>(input), size)}};
  mortise::manifest::Options options;
  options.limits.nodes = 20'000;
  const auto parsed = mortise::manifest::parse(files, options);
  for (const auto& problem : parsed.problems) check_problem(problem);
  for (const auto& object : parsed.objects) {
    MORTISE_CHECK(object.meta().ref.kind.size() > 2 && !object.meta().ref.name.empty());
    check_round_trip(object);
  }
  return 0;
}
