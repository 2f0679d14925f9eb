#include "cli/resource.h"

#include <gtest/gtest.h>

namespace mortise::cli {
namespace {

using Scope = Resource::Scope;

TEST(Resource, NamesMeshNamespaceServiceAndPort) {
  EXPECT_EQ(parse_resource("mesh"), Resource{});
  EXPECT_EQ(parse_resource("shop"), (Resource{Scope::whole_namespace, "shop", "", ""}));
  EXPECT_EQ(parse_resource("shop/cart"), (Resource{Scope::service, "shop", "cart", ""}));
  EXPECT_EQ(parse_resource("shop/cart:8080"), (Resource{Scope::port, "shop", "cart", "8080"}));
  EXPECT_EQ(parse_resource("shop/cart:http"), (Resource{Scope::port, "shop", "cart", "http"}));
}

TEST(Resource, HeadsItsTableAsTheSeedsDo) {
  EXPECT_EQ(parse_resource("mesh")->heading(), "/mesh");
  EXPECT_EQ(parse_resource("shop")->heading(), "shop/");
  EXPECT_EQ(parse_resource("shop/cart")->heading(), "shop/cart");
  EXPECT_EQ(parse_resource("shop/cart:8080")->heading(), "shop/cart");
}

TEST(Resource, RefusesEverythingElse) {
  for (const auto* text : {"", "/", "shop/", "/cart", "shop/cart:", "shop:80", "shop/cart:0",
                           "shop/cart:65536", "shop/cart:Http", "Shop", "a/b/c", "shop cart",
                           "shop/cart:80:80", "-shop", "mesh/", "shop/cart:99999999999999"}) {
    const auto parsed = parse_resource(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code(), Code::invalid) << text;
  }
}

}  // namespace
}  // namespace mortise::cli
