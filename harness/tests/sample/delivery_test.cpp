// What became of a draw: every way to make few look like many.
#include "harness/sample/delivery.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "harness/tests/sample/fixture.hpp"

namespace petaproof::sample {
namespace {

using testing::draw_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::rank;
using testing::run;

std::vector<std::string> names(const std::vector<MissingNode>& nodes) {
  std::vector<std::string> result;
  for (const MissingNode& one : nodes) result.push_back(one.name);
  return result;
}

TEST(Delivery, OfEveryNode) {
  const Delivery delivery =
      check_delivery(draw_of("n[1-2] a", 2), {run({rank("N1.dc", "u1"), rank("n1.dc", "u2"), rank("n2", "u3")})});
  EXPECT_TRUE(delivery.complete());
  EXPECT_FALSE(delivery.capped());
  EXPECT_EQ(delivery.delivered.front().cases, 4);
  EXPECT_EQ(delivery.level.reach, 'A');
}

TEST(Delivery, UnderNinetyFivePercentIsTheProvidersChoice) {
  const Draw draw = draw_of("n[001-200] a\nm[001-200] b", 100);
  std::vector<MeasuredRank> ranks;
  for (const std::string& name : draw.names()) ranks.push_back(rank(name, "u-" + name));
  const auto check = [&](std::size_t nodes) {
    return check_delivery(draw, {run({ranks.begin(), ranks.begin() + static_cast<long>(nodes)})});
  };
  EXPECT_EQ(check(100).level.reach, 'B');
  EXPECT_EQ(check(95).selection, Selection::random);
  EXPECT_EQ(check(95).missing.size(), 5u);
  EXPECT_FALSE(check(95).complete());
  EXPECT_EQ(check(94).selection, Selection::provider_chosen);
  EXPECT_TRUE(check(94).capped());
  EXPECT_EQ(check(94).level.reach, 'D');
  EXPECT_THAT(check(94).level.lacks.at('B'), ElementsAre(HasSubstr("provider did not choose")));
  EXPECT_EQ(check(0).missing.size(), 100u);
}

TEST(Delivery, AReplacementCountsForNothing) {
  const Draw draw = draw_of("n[01-40] a", 10);
  std::vector<MeasuredRank> ranks;
  for (const Node& node : draw.list.nodes) {
    const std::vector<std::string> drawn = draw.names();
    if (std::ranges::find(drawn, node.name) == drawn.end()) ranks.push_back(rank(node.name, "u-" + node.name));
  }
  ranks.push_back(rank("stranger", "u"));
  const Delivery delivery = check_delivery(draw, {run(ranks)});
  EXPECT_THAT(delivery.delivered, IsEmpty());
  EXPECT_EQ(delivery.set_aside.size(), 31u);
  EXPECT_EQ(delivery.set_aside.back().why, "not in the list");
  EXPECT_TRUE(delivery.capped());
}

TEST(Delivery, OneNodeUnderTwoNamesIsOne) {
  const Draw draw = draw_of("n[1-3] a", 3);
  const Delivery delivery =
      check_delivery(draw, {run({rank("n1", "u1"), rank("n2", "u2")}), run({rank("n3", "u1")})});
  EXPECT_THAT(names(delivery.missing), ElementsAre("n3"));
  EXPECT_THAT(delivery.missing.front().why, HasSubstr("that of n1"));
}

TEST(Delivery, SaysThatANodeGoesByTwoNames) {
  const Delivery delivery = check_delivery(draw_of("n1 a", 1), {run({rank("N1.dc", "u1")}), run({rank("n1", "u1")})});
  EXPECT_TRUE(delivery.complete());
  EXPECT_EQ(delivery.delivered.front().host, "N1.dc");
  EXPECT_THAT(delivery.notes, ElementsAre("n1 calls itself N1.dc and n1"));
}

TEST(Delivery, TwoHostsOfOneNameAreNone) {
  const Delivery delivery =
      check_delivery(draw_of("n[1-2] a", 2), {run({rank("n1.dc1", "u1"), rank("n1.dc2", "u2"), rank("n2", "u3")})});
  EXPECT_THAT(names(delivery.missing), ElementsAre("n1"));
  EXPECT_THAT(delivery.missing.front().why, HasSubstr("two hosts"));
}

TEST(Delivery, ANodeOnWhichNoCaseEnded) {
  MeasuredRank idle = rank("n1", "u1");
  idle.cases = idle.passed = 0;
  EXPECT_THAT(names(check_delivery(draw_of("n1 a", 1), {run({idle})}).missing), ElementsAre("n1"));
}

TEST(Delivery, SaysWhatIsWrongWithARun) {
  MeasuredRun doubtful = run({rank("n1", "u1")});
  doubtful.backend = "host";
  doubtful.gpu_shared = doubtful.corrupted = true;
  doubtful.damage = {"line 3"};
  EXPECT_EQ(check_delivery(draw_of("n1 a", 1), {doubtful}).notes.size(), 4u);
}

}  // namespace
}  // namespace petaproof::sample
