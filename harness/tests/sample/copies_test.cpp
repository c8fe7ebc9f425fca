// One window under several names, and one GPU in two runs at the same time.
#include "harness/sample/copies.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/tests/sample/fixture.hpp"

namespace petaproof::sample {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::rank;
using testing::run;

// Of two GPUs on n1, from `begin` to `end` minutes past noon; `seconds` of a launch on the first, more on the second.
json record(const std::string& run_id, const std::string& case_id, int begin, int end, double seconds) {
  json columns{{"rank", {0, 1}}, {"host", {"n1", "n1"}}, {"launches", {10, 10}}};
  for (const char* name :
       {"seconds_mean", "seconds_min", "seconds_q1", "seconds_median", "seconds_q3", "seconds_max", "window_seconds"})
    columns[name] = {seconds, seconds * 1.01};
  const auto utc = [](int minute) { return fmt::format("2026-02-28T12:{:02}:00.000Z", minute); };
  return {{"run_id", run_id},
          {"case_id", case_id},
          {"begin_utc", utc(begin)},
          {"end_utc", utc(end)},
          {"per_rank", columns}};
}

MeasuredRun run_of(const std::string& id, const std::string& first = "u1", const std::string& second = "u2") {
  return run({rank("n1", first), rank("n1", second)}, id);
}

std::vector<std::string> told(const std::vector<MeasuredRun>& runs, const std::vector<json>& records) {
  std::vector<const json*> pointers;
  for (const json& one : records) pointers.push_back(&one);
  return told_twice(runs, pointers);
}

TEST(ToldTwice, WindowsOneAfterTheOtherAreNot) {
  EXPECT_THAT(told({run_of("a"), run_of("b")},
                   {record("a", "x", 0, 5, 1), record("a", "y", 5, 10, 1.1), record("b", "x", 20, 25, 1.2)}),
              Each(IsEmpty()));
}

TEST(ToldTwice, TheSameLaunchesUnderOtherNames) {
  const std::vector<MeasuredRun> runs{run_of("a"), run_of("b"), run_of("c")};
  // another run id, another time, another case
  const auto found = told(runs, {record("c", "z", 40, 45, 1), record("a", "x", 0, 5, 1), record("b", "x", 0, 5, 1)});
  EXPECT_THAT(found[1], IsEmpty());
  EXPECT_THAT(found[0], HasSubstr("a copy of case x of run a"));
  EXPECT_THAT(found[2], HasSubstr("a copy of case x of run a"));
  // one GPU of a copy that was edited beside it
  json edited = record("b", "x", 20, 25, 1);
  edited["per_rank"]["seconds_mean"][1] = 0.9;
  EXPECT_THAT(told(runs, {record("a", "x", 0, 5, 1), edited})[1], HasSubstr("a copy"));
  // GPUs are told by their UUIDs, in whatever order the ranks are
  EXPECT_THAT(told({run_of("a"), run_of("b", "u2", "u1")}, {record("a", "x", 0, 5, 1), record("b", "x", 20, 25, 1)}),
              Each(IsEmpty()));
  EXPECT_THAT(told({}, {record("a", "x", 0, 5, 1), record("b", "x", 20, 25, 1)})[1], HasSubstr("a copy"))
      << "by host and rank, where no manifest tells";
}

TEST(ToldTwice, OneGpuInTwoCasesOfARunAtTheSameTime) {
  const auto found =
      told({run_of("a")}, {record("a", "x", 0, 6, 1), record("a", "y", 5, 12, 1.2), record("a", "z", 12, 18, 1.3)});
  EXPECT_THAT(found[0], AllOf(HasSubstr("at the same time"), HasSubstr("case y of run a")));
  EXPECT_THAT(found[1], AllOf(HasSubstr("at the same time"), HasSubstr("case x of run a")));
  EXPECT_THAT(found[2], IsEmpty());
}

TEST(ToldTwice, OneGpuInTwoRunsAtTheSameTime) {
  const auto found = told({run_of("a"), run_of("b")}, {record("a", "x", 0, 6, 1), record("b", "x", 2, 9, 1.2)});
  EXPECT_THAT(found[0], AllOf(HasSubstr("at the same time"), HasSubstr("case x of run b")));
  EXPECT_THAT(found[1], AllOf(HasSubstr("at the same time"), HasSubstr("case x of run a")));
  EXPECT_THAT(told({run_of("a"), run_of("b")}, {record("a", "x", 0, 6, 1), record("b", "x", 5, 9, 1.2)}),
              Each(IsEmpty()))
      << "a minute may be two clocks";
  EXPECT_THAT(told({run_of("a"), run_of("b")}, {record("a", "x", 0, 6, 1), record("b", "x", 4, 9, 1.2)}),
              Each(HasSubstr("at the same time")))
      << "not two of them";
  EXPECT_THAT(told({run_of("a"), run_of("b", "u3", "u4")}, {record("a", "x", 0, 6, 1), record("b", "x", 0, 6, 1.2)}),
              Each(IsEmpty()))
      << "other GPUs of the same host";
}

TEST(ToldTwice, RecordsWithoutAMeasurement) {
  json failed = record("a", "x", 0, 5, 1);
  failed["per_rank"] = nullptr;
  json idle = record("a", "y", 5, 9, 0);
  idle["per_rank"]["launches"] = {0, 0};
  EXPECT_THAT(told({run_of("a")}, {failed, failed, idle, idle}), Each(IsEmpty()));
}

}  // namespace
}  // namespace petaproof::sample
