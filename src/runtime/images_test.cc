#include "runtime/images.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mortise::runtime {
namespace {

using testing::ElementsAre;

model::Container container(const std::string& image) {
  model::Container result;
  result.name = "main";
  result.image = image;
  return result;
}

TEST(ImageName, DropsRegistryTagAndDigest) {
  EXPECT_EQ(image_name("docker.io/kennethreitz/httpbin"), "kennethreitz/httpbin");
  EXPECT_EQ(image_name("kennethreitz/httpbin:latest"), "kennethreitz/httpbin");
  EXPECT_EQ(image_name("localhost:5000/kennethreitz/httpbin@sha256:00"), "kennethreitz/httpbin");
  EXPECT_EQ(image_name("docker.io/library/nginx:1.25"), "nginx");
  EXPECT_EQ(image_name("nginx"), "nginx");
}

TEST(Images, TheBuiltInHttpbinListensOnTheFirstDeclaredPort) {
  const Images images({});
  auto httpbin = container("docker.io/kennethreitz/httpbin");
  EXPECT_THAT(*images.command_of(httpbin), ElementsAre("mortise-demo", "httpbin", "--port", "80"));
  httpbin.ports = {{"http", 8080}};
  EXPECT_THAT(*images.command_of(httpbin),
              ElementsAre("mortise-demo", "httpbin", "--port", "8080"));
}

TEST(Images, ACommandWinsOverTheImage) {
  auto httpbin = container("kennethreitz/httpbin");
  httpbin.command = {"nginx"};
  httpbin.args = {"-g", "daemon off;"};
  EXPECT_THAT(*Images({}).command_of(httpbin), ElementsAre("nginx", "-g", "daemon off;"));
}

TEST(Images, AddedOnesWinOverBuiltInOnes) {
  const Images images({{"kennethreitz/httpbin", {"nginx"}}});
  EXPECT_THAT(*images.command_of(container("kennethreitz/httpbin")), ElementsAre("nginx"));
}

TEST(ParseImage, KeepsQuotedWordsTogether) {
  const auto image = parse_image("docker.io/nginx:1=nginx -g 'daemon off;'");
  ASSERT_TRUE(image.has_value());
  EXPECT_EQ(image->name, "nginx");
  EXPECT_THAT(image->command, ElementsAre("nginx", "-g", "daemon off;"));
}

TEST(ParseImage, RefusesWhatHasNoCommand) {
  EXPECT_FALSE(parse_image("nginx").has_value());
  EXPECT_FALSE(parse_image("nginx=").has_value());
  EXPECT_FALSE(parse_image("=nginx").has_value());
  EXPECT_FALSE(parse_image("nginx='nginx").has_value());
}

TEST(FindProgram, NamesWhatIsMissing) {
  EXPECT_EQ(*find_program("sh", "/nonexistent:/bin"), "/bin/sh");
  EXPECT_EQ(find_program("no-such-program", "/usr/bin:/bin").error().what(),
            "program \"no-such-program\" not found in PATH");
  EXPECT_EQ(find_program("/no/such", "").error().what(), "program \"/no/such\" not found");
}

TEST(FindProgram, TellsAFileThatCannotBeExecutedFromOneThatIsNotThere) {
  EXPECT_EQ(find_program("/etc/passwd", "").error().code(), Code::denied);
  EXPECT_EQ(find_program("/no/such/program", "").error().code(), Code::not_found);
}

}  // namespace
}  // namespace mortise::runtime
