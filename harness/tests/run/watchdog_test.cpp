#include "harness/run/watchdog.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

namespace petaproof {
namespace {

using namespace std::chrono_literals;

// Each in a child process of its own: a watchdog that goes off ends it.
class WatchdogDeathTest : public testing::Test {
 protected:
  void SetUp() override { testing::FLAGS_gtest_death_test_style = "threadsafe"; }
};

void say(const Watchdog::Alarm& alarm) {
  std::fprintf(stderr, "cause %d: %s\n", static_cast<int>(alarm.cause), alarm.text.c_str());
}

TEST_F(WatchdogDeathTest, EndsAPhaseThatTakesTooLong) {
  EXPECT_EXIT(
      {
        Watchdog watchdog(4, say);
        watchdog.arm("begin", 0.1);
        watchdog.note("measure");
        watchdog.count(17);
        pause();
      },
      testing::ExitedWithCode(4), "cause 0: phase \"measure\" did not end within 0.1 s \\(after launch 17\\)");
}

TEST_F(WatchdogDeathTest, EndsEvenWhereTheMainThreadSpins) {
  EXPECT_EXIT(
      {
        Watchdog watchdog(4, say);
        const Deadline deadline(watchdog, "spin", 0.1);
        for (std::atomic<int> i = 0;;) ++i;
      },
      testing::ExitedWithCode(4), "phase \"spin\"");
}

TEST_F(WatchdogDeathTest, HasLastWordsAfterSigterm) {
  EXPECT_EXIT(
      {
        Watchdog watchdog(4, say);
        kill(getpid(), SIGTERM);
        pause();
      },
      testing::ExitedWithCode(4), "cause 1: ended by SIGTERM");
}

TEST_F(WatchdogDeathTest, HasLastWordsAfterSigint) {
  EXPECT_EXIT(
      {
        Watchdog watchdog(4, say);
        kill(getpid(), SIGINT);
        pause();
      },
      testing::ExitedWithCode(4), "cause 2: interrupted");
}

TEST_F(WatchdogDeathTest, LeavesPhasesThatEndInTimeAlone) {
  EXPECT_EXIT(
      {
        {
          Watchdog watchdog(4, say);
          for (int i = 0; i < 3; ++i) {
            const Deadline deadline(watchdog, "short", 0.2);
            std::this_thread::sleep_for(10ms);
          }
          std::this_thread::sleep_for(300ms);  // disarmed: nothing to end
        }
        _exit(0);
      },
      testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace petaproof
