// Several ranks of different speed and fate, each a thread with its own clock.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <new>

#include "kernels/measure/case.hpp"
#include "support/fake_workload.hpp"
#include "support/table.hpp"

namespace petaproof {
namespace {

using testing::FakeDevice;
using testing::FakeWorkload;
using ::testing::HasSubstr;
using testing::RecordingProgress;
using testing::run_ranks;
using testing::Seat;
using testing::Table;
using Point = FakeWorkload::Point;

struct Rank {
  FakeDevice device;
  FakeWorkload workload{device};
  RecordingProgress progress;
  CaseOutcome outcome;
};

// Each rank's case; `arrange` makes it special.
struct Ranks {
  explicit Ranks(int count) : all(static_cast<std::size_t>(count)) {}

  void run(const MeasureSpec& measure, const std::function<void(int, Rank&)>& arrange) {
    const auto count = static_cast<int>(all.size());
    seats = run_ranks(count, [&](int number, Seat& seat) {
      Rank& rank = all[static_cast<std::size_t>(number)];
      arrange(number, rank);
      const Params none;
      Context context(rank.device, none, Fill::normal, 1);
      rank.outcome = run_case(rank.workload, context, count, {measure}, seat, rank.progress);
    });
  }

  void expect_equal_meetings() const {
    for (const Seat& seat : seats) {
      EXPECT_FALSE(seat.hung);
      EXPECT_EQ(seat.meetings, seats.front().meetings);
    }
  }

  std::vector<Rank> all;
  std::vector<Seat> seats;
};

class AllModes : public ::testing::TestWithParam<Mode> {};

std::string mode_name(const ::testing::TestParamInfo<Mode>& mode) {
  return std::string(to_string(mode.param));
}

INSTANTIATE_TEST_SUITE_P(Ranks, AllModes, ::testing::Values(Mode::burst, Mode::batched, Mode::sustained), mode_name);

// A collective that is launched once more on one rank than on another hangs for ever: here every launch waits
// for the launches of the others.
TEST_P(AllModes, LaunchTheSameNumberOfTimesOnRanksOfAnySpeed) {
  Ranks ranks(3);
  Table launches(3);
  ranks.run({GetParam(), 0.2, 0.1}, [&](int number, Rank& rank) {
    rank.workload.info_for_change().collective = true;
    const double seconds = 0x1p-10 * (1 << number);
    // launches become faster, so that a sustained window needs more rounds
    rank.workload.seconds = [=](std::int64_t i) { return i < 70 ? seconds : seconds / 2; };
    rank.workload.hook = [&launches, number](Point point) {
      if (point == Point::launch) launches.sit(number == 0, 0, false, std::nullopt);
    };
  });
  ranks.expect_equal_meetings();
  for (Rank& rank : ranks.all) {
    ASSERT_EQ(rank.outcome.disposition, Disposition::pass) << rank.outcome.reason;
    EXPECT_EQ(rank.workload.launched_slots, ranks.all[0].workload.launched_slots);
    EXPECT_EQ(rank.outcome.measurement.launches_per_sample, ranks.all[0].outcome.measurement.launches_per_sample);
    EXPECT_EQ(rank.outcome.measurement.sample_seconds.size(), ranks.all[0].outcome.measurement.sample_seconds.size());
  }
}

// Rank 0 decides from what it sees itself: the counts are those of loop_test.cpp for a launch of 2^-10 s.
TEST(Ranks, CountsAreThoseOfRankZero) {
  Ranks ranks(3);
  ranks.run({Mode::batched, 0.2, 0.5}, [](int number, Rank& rank) {
    rank.workload.seconds = [number](std::int64_t) { return number == 0 ? 0x1p-10 : 0x1p-6; };
  });
  for (const Rank& rank : ranks.all) {
    EXPECT_EQ(rank.outcome.measurement.launches_per_sample, 11);
    EXPECT_EQ(rank.outcome.measurement.sample_seconds.size(), 19u);
    EXPECT_EQ(rank.outcome.measurement.warm_up.launches, 37);
    EXPECT_TRUE(rank.outcome.measurement.warm_up.steady);
  }
  EXPECT_EQ(ranks.all[0].outcome.measurement.window_seconds, 209 * 0x1p-10);
  EXPECT_EQ(ranks.all[2].outcome.measurement.window_seconds, 209 * 0x1p-6);  // each on its own clock
}

// The wait for the last rank to come is not part of the time that a collective takes.
TEST(Ranks, BurstOfACollectiveStartsTogether) {
  const auto meetings = [](bool collective) {
    Ranks ranks(2);
    ranks.run({Mode::burst, 0.001, 0.1},
              [&](int, Rank& rank) { rank.workload.info_for_change().collective = collective; });
    return ranks.seats[0].meetings;
  };
  EXPECT_EQ(meetings(true), meetings(false) + 6);  // one for each of 5 samples and the one not kept
}

// ---- failures

struct Failure {
  const char* name;
  Point point;
  const char* phase;  // as told to Progress; empty: before the first
};

constexpr Failure failures[] = {
    {"refusal", Point::refusal, ""},
    {"prepare", Point::prepare, "prepare"},
    {"first_launches", Point::launch, "first launches"},
    {"verify_before_timing", Point::verify, "verify"},
    {"warm_up", Point::launch, "warm-up"},
    {"measure", Point::launch, "measure"},
    {"verify_timed", Point::verify, "verify timed outputs"},
};

class AFailingRank : public ::testing::TestWithParam<std::tuple<Failure, Mode, int>> {};

std::string failure_name(const ::testing::TestParamInfo<AFailingRank::ParamType>& info) {
  const auto& [failure, mode, who] = info.param;
  return std::string(failure.name) + "_" + std::string(to_string(mode)) + "_rank" + std::to_string(who);
}

INSTANTIATE_TEST_SUITE_P(Ranks, AFailingRank,
                         ::testing::Combine(::testing::ValuesIn(failures),
                                            ::testing::Values(Mode::burst, Mode::batched, Mode::sustained),
                                            ::testing::Values(0, 2)),
                         failure_name);

// Throws in the middle of `failure.phase`.
std::function<void(Point)> throwing(Rank& rank, const Failure& failure, std::function<void()> error) {
  return [&rank, failure, error, calls = 0](Point point) mutable {
    if (point != failure.point || rank.progress.current() != failure.phase) return;
    const bool many = point == Point::launch && rank.progress.current() != "first launches";
    if (++calls == (many ? 4 : 1)) error();
  };
}

TEST_P(AFailingRank, EndsTheCaseOfEveryRank) {
  const auto& [failure, mode, who] = GetParam();
  Ranks ranks(3);
  ranks.run({mode, 0.1, 0.1}, [&, failed = failure, culprit = who](int number, Rank& rank) {
    if (number == culprit)
      rank.workload.hook = throwing(rank, failed, [] { throw Error(Domain::system, "it broke"); });
  });
  ranks.expect_equal_meetings();
  for (int number = 0; number < 3; ++number) {
    const CaseOutcome& outcome = ranks.all[static_cast<std::size_t>(number)].outcome;
    const Seat& seat = ranks.seats[static_cast<std::size_t>(number)];
    if (number == who) {
      EXPECT_EQ(outcome.disposition, Disposition::fail_run);
      EXPECT_THAT(outcome.reason, HasSubstr("it broke [system at "));
      EXPECT_FALSE(outcome.sticky);
      EXPECT_EQ(seat.failures, 1);
    } else {
      EXPECT_EQ(outcome.disposition, Disposition::skipped);
      EXPECT_EQ(outcome.reason, "another rank failed");
      // nobody verifies, at length, what will not be used
      if (failure.name == std::string("measure")) {
        EXPECT_EQ(ranks.all[static_cast<std::size_t>(number)].progress.current(), "measure");
      }
      EXPECT_EQ(seat.failures, 0);
    }
  }
}

// What one rank ends with, and what the others do.
void expect_end(const Failure& failure, std::function<void()> error, Disposition disposition, const char* reason,
                bool sticky = false) {
  Ranks ranks(2);
  ranks.run({Mode::batched, 0.1, 0.1}, [&](int number, Rank& rank) {
    if (number == 1) rank.workload.hook = throwing(rank, failure, error);
  });
  ranks.expect_equal_meetings();
  EXPECT_EQ(ranks.all[1].outcome.disposition, disposition);
  EXPECT_THAT(ranks.all[1].outcome.reason, HasSubstr(reason));
  EXPECT_EQ(ranks.all[1].outcome.sticky, sticky);
  EXPECT_EQ(ranks.all[0].outcome.disposition, Disposition::skipped);
  EXPECT_FALSE(ranks.all[0].outcome.sticky);
}

constexpr Failure in_prepare{"prepare", Point::prepare, "prepare"};
constexpr Failure in_measure{"measure", Point::launch, "measure"};

TEST(Ranks, AnErrorThatSaysNotSupportedIsThat) {
  expect_end(
      in_prepare, [] { throw Error(Domain::not_supported, "no such unit"); }, Disposition::not_supported,
      "no such unit");
}

TEST(Ranks, WhatALibraryThrowsEndsTheCaseToo) {
  expect_end(
      in_prepare, [] { throw std::bad_alloc(); }, Disposition::fail_run, "bad_alloc");
}

TEST(Ranks, AStickyErrorIsMarked) {
  expect_end(
      in_measure,
      [] {
        throw Error(Domain::cuda, 700, "cudaDeviceSynchronize()", "an illegal memory access", Error::Kind::sticky,
                    std::source_location::current());
      },
      Disposition::fail_run, "an illegal memory access [cuda 700 from cudaDeviceSynchronize()", true);
}

TEST(Ranks, ARefusalOfOneRankEndsTheCaseOfAll) {
  Ranks ranks(3);
  ranks.run({Mode::batched, 0.1, 0.1}, [](int number, Rank& rank) {
    if (number == 1) rank.workload.refuses = "needs more memory";
  });
  ranks.expect_equal_meetings();
  EXPECT_EQ(ranks.all[1].outcome.disposition, Disposition::not_supported);
  EXPECT_EQ(ranks.all[1].outcome.reason, "needs more memory");
  for (int other : {0, 2}) {
    EXPECT_EQ(ranks.all[static_cast<std::size_t>(other)].outcome.disposition, Disposition::skipped);
    EXPECT_EQ(ranks.all[static_cast<std::size_t>(other)].outcome.reason, "another rank ended this case");
    EXPECT_TRUE(ranks.all[static_cast<std::size_t>(other)].progress.phases.empty()) << "it prepared all the same";
  }
}

TEST(Ranks, AWrongResultOfOneRankEndsTheCaseOfAll) {
  for (const char* phase : {"verify", "verify timed outputs"}) {
    Ranks ranks(3);
    ranks.run({Mode::batched, 0.1, 0.1}, [&](int number, Rank& rank) {
      if (number == 2)
        rank.workload.finds = [&rank, phase] { return rank.progress.current() == phase ? "C[1,2]: wrong" : ""; };
    });
    ranks.expect_equal_meetings();
    EXPECT_EQ(ranks.all[2].outcome.disposition, Disposition::fail_verify);
    EXPECT_THAT(ranks.all[2].outcome.reason, HasSubstr("slot 0: C[1,2]: wrong"));
    EXPECT_EQ(ranks.all[0].outcome.disposition, Disposition::skipped);
    EXPECT_EQ(ranks.all[0].outcome.reason, "another rank ended this case");
  }
}

// A wrong answer is the graver news: it is not forgotten because another rank breaks at the same time.
TEST(Ranks, AWrongResultOutlivesThePeersError) {
  Ranks ranks(2);
  ranks.run({Mode::batched, 0.1, 0.1}, [&](int number, Rank& rank) {
    if (number == 0)
      rank.workload.finds = [&] { return rank.progress.current() == "verify" ? "C[1,2]: wrong" : ""; };
    else
      rank.workload.hook =
          throwing(rank, {"", Point::verify, "verify"}, [] { throw Error(Domain::system, "it broke"); });
  });
  ranks.expect_equal_meetings();
  EXPECT_EQ(ranks.all[0].outcome.disposition, Disposition::fail_verify);
  EXPECT_THAT(ranks.all[0].outcome.reason, HasSubstr("C[1,2]: wrong"));
  EXPECT_EQ(ranks.all[1].outcome.disposition, Disposition::fail_run);
}

}  // namespace
}  // namespace petaproof
