#include "harness/sample/listed_nodes.hpp"

#include <gmock/gmock.h>

namespace petaproof::sample {
namespace {

using testing::ElementsAre;

TEST(ListedNodes, FindsANodeUnderEachOfItsNames) {
  const NodeList list = parse_node_list("n1.dc1\nn2\nN3", "list");
  const ListedNodes listed(list);
  EXPECT_EQ(listed.position_of("n1"), 0u);
  EXPECT_EQ(listed.position_of("N1.DC1."), 0u);
  EXPECT_EQ(listed.position_of("n2.anywhere"), 1u);
  EXPECT_EQ(listed.position_of("n3"), 2u);
  EXPECT_EQ(listed.position_of("n1.dc2"), std::nullopt);
  EXPECT_EQ(listed.position_of("n02"), std::nullopt);
  EXPECT_EQ(listed.position_of(""), std::nullopt);
}

TEST(MeasuredPositions, EachNodeOnceAndStrangersByName) {
  const NodeList list = parse_node_list("n[1-9]", "list");
  const MeasuredPositions found = measured_positions(list, {"n7.dc", "n2", "n7", "login", "n2", "n10"});
  EXPECT_THAT(found.positions, ElementsAre(1u, 6u));
  EXPECT_THAT(found.strangers, ElementsAre("login", "n10"));
}

}  // namespace
}  // namespace petaproof::sample
