// The fastest of a workload's candidates: found, agreed on, remembered.
#include "kernels/measure/search.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/measure/case.hpp"
#include "support/fake_workload.hpp"
#include "support/table.hpp"

namespace petaproof {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using testing::FakeDevice;
using testing::FakeWorkload;
using ::testing::HasSubstr;
using ::testing::Pair;
using testing::RecordingProgress;
using testing::run_ranks;
using testing::Seat;

// Candidates that take known times.
class Choosy : public FakeWorkload {
 public:
  Choosy(FakeDevice& device, std::vector<double> times) : FakeWorkload(device), times_(std::move(times)) {
    info_for_change().searches = true;
    seconds = [this](std::int64_t) { return times_.at(chosen); };
  }
  std::vector<std::string> candidates() const override {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < times_.size(); ++i) names.push_back(prefix + std::to_string(i));
    return names;
  }
  void choose(std::size_t index) override {
    chosen = index;
    ++choices;
  }

  std::size_t chosen = 0;
  int choices = 0;
  std::string prefix = "algorithm ";

 private:
  std::vector<double> times_;
};

class SearchTest : public ::testing::Test {
 protected:
  std::optional<Search> found(Choosy& workload) {
    Context context(device, params, Fill::normal, 1);
    workload.prepare(context);
    return search(workload, device, params, agreement, progress, memory);
  }

  FakeDevice device;
  SoloAgreement agreement;
  RecordingProgress progress;
  Params params;
  SearchMemory memory;
};

TEST_F(SearchTest, TheFastestIsChosenAndHeldAgainstTheFirst) {
  Choosy workload(device, {1e-3, 1.5e-3, 0.8e-3, 0.9e-3, 2e-3, 0.85e-3});
  const auto result = found(workload);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->chosen, 2u);
  EXPECT_EQ(workload.chosen, 2u) << "launches go on with it";
  EXPECT_NEAR(result->first_seconds, 1e-3, 1e-9);
  EXPECT_NEAR(result->chosen_seconds, 0.8e-3, 1e-9);
  EXPECT_EQ(result->text(), "candidate 3 of 6, 1.250 x as fast as the first");
}

TEST_F(SearchTest, TheFirstMayBeTheFastest) {
  Choosy workload(device, {1e-3, 1.5e-3});
  EXPECT_EQ(found(workload)->text(), "candidate 1 of 2, 1.000 x as fast as the first");
}

// A device that slows down as it warms up would favour whatever comes first.
TEST_F(SearchTest, FinalistsTakeTurnsThereAndBack) {
  Choosy workload(device, {1e-3, 0.99e-3});
  double elapsed = 0;
  workload.seconds = [&](std::int64_t) {
    const double now = (workload.chosen == 0 ? 1e-3 : 0.99e-3) * (1 + elapsed);
    elapsed += now;
    return now;
  };
  EXPECT_EQ(found(workload)->chosen, 1u);
}

TEST_F(SearchTest, WhatCannotRunIsPassedOverAndCounted) {
  Choosy workload(device, {1e-3, 0.5e-3, 0.9e-3});
  workload.hook = [&](FakeWorkload::Point point) {
    if (point == FakeWorkload::Point::launch && workload.chosen != 2)
      throw Error(Domain::not_supported, "no such tile");
  };
  const auto result = found(workload);
  EXPECT_EQ(result->chosen, 2u);
  EXPECT_EQ(result->failed, 2u);
  EXPECT_EQ(result->text(), "candidate 3 of 3, 1.000 x as fast as the first; 2 could not run");
}

TEST_F(SearchTest, NothingThatRunsIsAnErrorAndABrokenDeviceEndsItAtOnce) {
  Choosy none(device, {1e-3, 1e-3});
  none.hook = [](FakeWorkload::Point point) {
    if (point == FakeWorkload::Point::launch) throw Error(Domain::not_supported, "no such tile");
  };
  EXPECT_THROW(found(none), Error);

  Choosy broken(device, {1e-3, 1e-3, 1e-3});
  broken.hook = [](FakeWorkload::Point point) {
    if (point == FakeWorkload::Point::launch)
      throw Error(Domain::cuda, 700, "launch", "illegal address", Error::Kind::sticky,
                  std::source_location::current());
  };
  EXPECT_THROW(found(broken), Error);
  EXPECT_EQ(broken.choices, 1) << "the others were not tried";
}

TEST_F(SearchTest, ACaseIsSearchedOnceInAProcess) {
  Choosy first(device, {1e-3, 0.5e-3});
  found(first);
  EXPECT_GT(first.choices, 2);
  Choosy again(device, {1e-3, 0.5e-3});
  EXPECT_EQ(found(again)->text(), "candidate 2 of 2, 2.000 x as fast as the first");
  EXPECT_EQ(again.choices, 1);
  Choosy other(device, {1e-3, 0.5e-3});
  other.prefix = "another algorithm ";
  found(other);
  EXPECT_GT(other.choices, 2);
}

TEST_F(SearchTest, OneCandidateIsNoSearch) {
  Choosy workload(device, {1e-3});
  EXPECT_FALSE(found(workload));
}

// Replayed as a whole, so that a search compares kernels and not how fast they are enqueued.
TEST_F(SearchTest, ShortLaunchesAreRecorded) {
  device.can_record = true;
  device.enqueue_seconds = 1e-5;  // longer than either
  Choosy workload(device, {2e-6, 1e-6});
  EXPECT_EQ(found(workload)->chosen, 1u);
  EXPECT_THAT(device.log, HasSubstr("["));
}

// Small operands take a hundred slots to overflow a cache: a budget of seconds is one for all of them together.
TEST_F(SearchTest, ManySlotsTakeNoMoreTimeThanOne) {
  for (const int slots : {1, 100}) {
    Choosy workload(device, {2e-5, 1e-5});
    workload.slot_count = slots;
    const double begin = device.now();
    EXPECT_EQ(found(workload)->chosen, 1u);
    // 3 ms for each at first, 30 ms in each of 4 rounds, and one rotation before
    EXPECT_NEAR(device.now() - begin, 2 * (0.003 + 4 * 0.030), 0.020) << slots << " slots";
    memory.clear();
  }
}

TEST_F(SearchTest, ACaseTellsInItsNotesAndIsVerifiedWithWhatWasFound) {
  Choosy workload(device, {1e-3, 0.5e-3});
  Context context(device, params, Fill::normal, 1);
  const CaseOutcome outcome =
      run_case(workload, context, 1, {.measure = {Mode::batched, 0.2, 0.5}}, agreement, progress);
  EXPECT_EQ(outcome.disposition, Disposition::pass) << outcome.reason;
  EXPECT_THAT(outcome.notes, Contains(Pair("search", "candidate 2 of 2, 2.000 x as fast as the first")));
  EXPECT_NEAR(outcome.measurement.sample_seconds.front(), 0.5e-3, 1e-9);
  EXPECT_THAT(progress.phases, Contains("search"));
}

struct Rank {
  FakeDevice device;
  std::optional<Choosy> workload;
  RecordingProgress progress;
  SearchMemory memory;
  std::optional<Search> found;
};

// Ranks 0 and 1 have one kind of device, rank 2 another on which the second is faster.
TEST(SearchOnRanks, AKindOfDeviceHasOneChoice) {
  std::vector<Rank> ranks(3);
  const auto seats = run_ranks(3, [&](int number, Seat& seat) {
    Rank& rank = ranks[static_cast<std::size_t>(number)];
    rank.device.facts_for_change().name = number == 2 ? "B" : "A";
    // rank 1 would choose otherwise by itself
    rank.workload.emplace(rank.device, number == 0 ? std::vector{2e-3, 2e-3, 1e-3} : std::vector{2e-3, 1e-3, 2e-3});
    const Params none;
    Context context(rank.device, none, Fill::normal, 1);
    rank.workload->prepare(context);
    rank.found = search(*rank.workload, rank.device, none, seat, rank.progress, rank.memory);
  });
  EXPECT_EQ(ranks[0].workload->chosen, 2u);
  EXPECT_EQ(ranks[1].workload->chosen, 2u);
  EXPECT_EQ(ranks[1].workload->choices, 1) << "it does not search";
  EXPECT_EQ(ranks[1].found->text(), "candidate 3 of 3, as rank 0 found");
  EXPECT_EQ(ranks[2].workload->chosen, 1u);
  for (const Seat& seat : seats) EXPECT_EQ(seat.meetings, seats.front().meetings);
}

}  // namespace
}  // namespace petaproof
