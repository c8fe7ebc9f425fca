#include "harness/record/digests.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "harness/record/consistency.hpp"
#include "harness/record/record.hpp"

namespace petaproof {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

// A rank on each of `hosts`, with these digests.
json record(const std::vector<std::string>& hosts, const std::vector<std::uint64_t>& digests,
            const WorkloadFacts& facts = {"cuda", true, false, {{"flops", "FLOP", 100}}}) {
  std::vector<RankReport> ranks;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    CaseOutcome outcome;
    outcome.measurement.sample_seconds.assign(5, 1);
    outcome.measurement.launches_per_sample = 1;
    outcome.measurement.window_seconds = 5;
    outcome.verification = {.pass = true, .elements_checked = 10};
    outcome.digests = {digests[i]};
    outcome.notes = {{"kind", std::to_string(i)}};  // so that a run holds none against another
    ranks.push_back(report_of(outcome, static_cast<int>(i), hosts[i], "gpu"));
  }
  const RecordFrame frame{
      .run_id = "r", .sequence = 0, .begin_utc = "2026-01-31T00:00:00.000Z", .end_utc = "2026-01-31T00:01:00.000Z"};
  return make_record(Case{}, frame, facts, ranks, {1, 1, 1, 1, 1});
}

TEST(Digests, OfOneModelOnOneHostAreEqual) {
  EXPECT_EQ(of_digests(record({"a", "a", "a"}, {1, 1, 1})), "");
  EXPECT_THAT(of_digests(record({"a", "a", "a"}, {1, 1, 2})),
              HasSubstr("rank 2 on a got other bits from the same inputs than another \"gpu\" there"));
  EXPECT_EQ(of_digests(record({"a", "a", "a"}, {2, 1, 1})), "") << "rank 0 may have run another candidate";
  json two_models = record({"a", "a", "a"}, {1, 1, 2});
  two_models["per_rank"]["device"][2] = "other gpu";
  EXPECT_EQ(of_digests(two_models), "");
}

// Libraries of two versions choose two kernels; that each host has a version of its own is not credible.
TEST(Digests, OfHostsMayDifferAndNotAll) {
  const std::vector<std::string> hosts{"a", "a", "b", "c", "d"};
  EXPECT_EQ(of_digests(record(hosts, {1, 1, 1, 2, 2})), "");
  EXPECT_THAT(of_digests(record(hosts, {1, 1, 2, 3, 4})), HasSubstr("on each of 4 hosts \"gpu\" got other bits"));
  EXPECT_EQ(of_digests(record({"a", "a", "b", "c"}, {1, 1, 2, 3})), "");
}

TEST(Digests, OfCollectivesAndOfCpusMayDiffer) {
  EXPECT_EQ(of_digests(record({"a", "a", "a"}, {1, 1, 2}, {"cuda", true, true, {{"busbw", "B", 100}}})), "");
  EXPECT_EQ(of_digests(record({"a", "a", "a"}, {1, 1, 2}, {"host", true, false, {{"flops", "FLOP", 100}}})), "");
}

TEST(Digests, ARecordWithUnlikeOnesContradictsItself) {
  EXPECT_EQ(contradiction_in(record({"a", "a", "a"}, {1, 1, 1})), "");
  EXPECT_THAT(contradiction_in(record({"a", "a", "a"}, {1, 1, 2})), HasSubstr("rank 2 on a got other bits"));
}

}  // namespace
}  // namespace petaproof
