// What became of a draw, and the census of what answered: every way to make few look like many.
#include "harness/sample/delivery.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "harness/sample/census.hpp"

namespace petaproof::sample {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

MeasuredRank rank(const std::string& host, const std::string& uuid, double watts = 700) {
  MeasuredRank result;
  result.host = host;
  result.device = "NVIDIA H100 80GB HBM3";
  result.uuid = uuid;
  result.cases = 2;
  result.passed = 2;
  result.power_limit_watts = watts;
  return result;
}

MeasuredRun run(std::vector<MeasuredRank> ranks) {
  for (std::size_t i = 0; i < ranks.size(); ++i) ranks[i].rank = static_cast<int>(i);
  return {.run_id = "r",
          .folder = "f",
          .backend = "cuda",
          .gpu_shared = false,
          .corrupted = false,
          .ranks = ranks,
          .damage = {}};
}

Draw draw_of(const std::string& list, std::int64_t size) {
  return draw_nodes(parse_node_list(list, "list"), "seed",
                    {.nodes = size, .margin = {}, .level = {}, .variation = {}}, true);
}

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

TEST(Census, CountsEachGpuOnce) {
  const Census census = take_census({run({rank("n1", "u1"), rank("n1", "u2"), rank("n2", "u3"), rank("n2", "u4")}),
                                     run({rank("n1.dc", "u1"), rank("n2.dc", "u3")})});
  EXPECT_EQ(census.counted(), 4);
  EXPECT_EQ(census.hosts.size(), 2u);
  EXPECT_EQ(census.usual_gpus_per_node, 2);
  EXPECT_EQ(census.models.front().usual_limit_watts, 700);
  EXPECT_THAT(census.findings, IsEmpty());
}

TEST(Census, AUuidOnTwoNodesIsNoGpu) {
  const Census census = take_census({run({rank("n1", "u1"), rank("n2", "u1"), rank("n3", "u2"), rank("n4", "u3")})});
  EXPECT_EQ(census.counted(), 2);
  EXPECT_THAT(census.findings, ElementsAre(AllOf(HasSubstr("u1 is on 2 nodes"), HasSubstr("n1, n2"))));
}

TEST(Census, MigSlicesAreNoGpus) {
  MeasuredRank by_nvml = rank("n1", "GPU-3");
  by_nvml.mig = true;
  MeasuredRank by_uuid = rank("n1", "MIG-1");
  by_uuid.mig = true;
  const Census census = take_census({run({by_uuid, by_nvml, rank("n1", "GPU-5")})});
  EXPECT_EQ(census.counted(), 1);
  EXPECT_THAT(census.findings, ElementsAre(HasSubstr("GPU-3 on n1 is a MIG slice"), HasSubstr("MIG-1 on n1")));
}

TEST(Census, NamesWhatIsUnlikeTheRest) {
  MeasuredRank unread = rank("n4", "u7");
  unread.power_limit_watts.reset();
  unread.power_limit_reason = "NVML says no";
  MeasuredRank nameless = rank("n4", "");
  nameless.device = "";
  const Census census = take_census({run({rank("n1", "u1"), rank("n1", "u2"), rank("n2", "u3"), rank("n2", "u4", 500),
                                          rank("n3", "u5"), unread, nameless, rank("n4", "u8"), rank("n1", "u2")})});
  EXPECT_THAT(census.findings,
              ElementsAre(HasSubstr("u2 on n1 was used by several ranks"), HasSubstr("n4 rank 6 (no device)"),
                          HasSubstr("u4 on n2 is limited to 500 W; most NVIDIA H100 80GB HBM3 to 700 W"),
                          HasSubstr("not known: NVML says no: u7"),
                          HasSubstr("1 GPU(s) answered, where most nodes have 2: n3")));
}

}  // namespace
}  // namespace petaproof::sample
