#include "collectives/agree.hpp"

#include <gtest/gtest.h>

#include <array>
#include <stdexcept>

#include "collectives/tests/thread_group.hpp"

namespace petaproof {
namespace {

using testing::ThreadGroup;

enum class End { went_on, was_told, threw };

// How each of three ranks ends where those whose bit is set in `failing` fail.
std::array<End, 3> ends(unsigned failing) {
  std::array<End, 3> result{};
  ThreadGroup(3).run([&](Communicator& among) {
    const auto rank = static_cast<std::size_t>(among.rank());
    try {
      const bool all = succeeds_everywhere(among, [&] {
        if (failing >> rank & 1) throw std::runtime_error("mine");
      });
      result[rank] = all ? End::went_on : End::was_told;
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "mine");
      result[rank] = End::threw;
    }
  });
  return result;
}

TEST(SucceedsEverywhere, EveryRankKnowsOfEveryFailure) {
  for (unsigned failing = 0; failing < 8; ++failing)
    for (std::size_t rank = 0; rank < 3; ++rank)
      EXPECT_EQ(ends(failing)[rank], failing == 0            ? End::went_on
                                     : (failing >> rank & 1) ? End::threw
                                                             : End::was_told)
          << "failing " << failing << ", rank " << rank;
}

TEST(SucceedsEverywhere, AloneIsTheStepItself) {
  SoloCommunicator solo;
  EXPECT_TRUE(succeeds_everywhere(solo, [] {}));
  EXPECT_THROW(succeeds_everywhere(solo, [] { throw std::runtime_error("mine"); }), std::runtime_error);
}

}  // namespace
}  // namespace petaproof
