#include "harness/run/assignment.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <set>

#include "harness/tests/expect_error.hpp"

namespace petaproof {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Uuids = std::vector<std::string>;

// Ranks of one node that see these devices.
std::vector<Seat> seats(const std::vector<Uuids>& seen, int first_rank = 0, int node = 0,
                        const std::string& host = "n17") {
  std::vector<Seat> result;
  for (const Uuids& uuids : seen) result.push_back({first_rank + static_cast<int>(result.size()), node, host, uuids});
  return result;
}

std::vector<int> indices(const Assignment& assignment) {
  std::vector<int> result;
  for (const Place& place : assignment.places) result.push_back(place.index);
  return result;
}

TEST(Assignment, OneRankForEachGpuInOrder) {
  const Uuids all{"a", "b", "c", "d"};
  const Assignment assignment = assign_devices(seats({all, all, all, all}), false);
  EXPECT_THAT(indices(assignment), ElementsAre(0, 1, 2, 3));
  for (const Place& place : assignment.places) EXPECT_EQ(place.sharers, 1);
  EXPECT_FALSE(assignment.shared);
}

TEST(Assignment, AnySchedulerThatHidesDevicesWill) {
  // one each, all with index 0
  EXPECT_THAT(indices(assign_devices(seats({{"a"}, {"b"}, {"c"}}), false)), ElementsAre(0, 0, 0));
  // each its own first, as some do, and the others behind it
  const Assignment own_first = assign_devices(seats({{"a", "b"}, {"b", "a"}}), false);
  EXPECT_TRUE(own_first.problem.empty());
  // overlapping pairs: rank 1 prefers c, and gives way to rank 2, which sees nothing else
  EXPECT_THAT(indices(assign_devices(seats({{"a", "b"}, {"b", "c"}, {"c"}}), false)), ElementsAre(0, 0, 0));
}

TEST(Assignment, NodesDoNotMeet) {
  std::vector<Seat> all = seats({{"a", "b"}, {"a", "b"}}, 0, 0, "n1");
  for (const Seat& seat : seats({{"c", "d"}, {"c", "d"}}, 2, 1, "n2")) all.push_back(seat);
  EXPECT_THAT(indices(assign_devices(all, false)), ElementsAre(0, 1, 0, 1));
  // ranks that a launcher placed by turns
  std::swap(all[1], all[2]);
  EXPECT_THAT(indices(assign_devices(all, false)), ElementsAre(0, 0, 1, 1));
}

TEST(Assignment, TooFewGpusAreRefusedWithWhatToDo) {
  const Uuids all{"a", "b", "c", "d"};
  const Assignment assignment = assign_devices(seats({all, all, all, all, all}), false);
  EXPECT_EQ(
      assignment.problem,
      "5 ranks on n17 see 4 GPUs between them; start at most 4 a node, or say --share-gpu if ranks are meant to "
      "share");
  EXPECT_THAT(assignment.places, IsEmpty());
  EXPECT_THAT(assign_devices(seats({{"a"}, {"a"}}), false).problem,
              HasSubstr("2 ranks on n17 see 1 GPU between them"));
}

// Enough GPUs on the node, and two ranks that were shown the same one all the same.
TEST(Assignment, TheRanksThatStandInEachOthersWayAreNamed) {
  const Assignment assignment = assign_devices(seats({{"a", "b", "c"}, {"d"}, {"d"}, {"a", "b", "c"}}, 8), false);
  EXPECT_THAT(assignment.problem, AllOf(HasSubstr("ranks 9, 10 on n17 see 1 GPU between them"),
                                        HasSubstr("a GPU of its own"), HasSubstr("--share-gpu")));
}

TEST(Assignment, SharingGoesRoundRobin) {
  const Uuids two{"a", "b"};
  const Assignment assignment = assign_devices(seats({two, two, two, two, two}), true);
  EXPECT_THAT(indices(assignment), ElementsAre(0, 1, 0, 1, 0));
  std::vector<int> sharers;
  for (const Place& place : assignment.places) sharers.push_back(place.sharers);
  EXPECT_THAT(sharers, ElementsAre(3, 2, 3, 2, 3));
  EXPECT_TRUE(assignment.shared);
}

TEST(Assignment, PermissionToShareIsNotAReasonTo) {
  EXPECT_FALSE(assign_devices(seats({{"a", "b"}, {"a"}}), true).shared);
  EXPECT_THAT(indices(assign_devices(seats({{"a", "b"}, {"a"}}), true)), ElementsAre(1, 0));
}

TEST(Assignment, ContainersOfOneMachineShareItsGpus) {
  std::vector<Seat> all = seats({{"a"}}, 0, 0, "c1");
  all.push_back(seats({{"a"}}, 1, 1, "c2")[0]);
  const Assignment assignment = assign_devices(all, true);
  EXPECT_TRUE(assignment.shared);
  for (const Place& place : assignment.places) EXPECT_EQ(place.sharers, 2);
}

TEST(Assignment, TheHostIsEverybodys) {
  const Assignment assignment = assign_devices(seats({{""}, {""}, {""}}), false);
  for (const Place& place : assignment.places) EXPECT_EQ(place, (Place{0, 3}));
  EXPECT_FALSE(assignment.shared);
}

TEST(Assignment, ARankWithoutADeviceTakesNone) {
  EXPECT_TRUE(assign_devices(seats({{}, {}}), false).problem.empty());
  EXPECT_THAT(indices(assign_devices(seats({{}, {"a"}}), false)), ElementsAre(0, 0));
}

TEST(Assignment, OfAWorldOfOne) {
  const auto world = solo_world();
  EXPECT_EQ(take_place({0, 0, "n17", {"a", "b"}}, false, *world).place, (Place{0, 1}));
}

// ---- against every way to give devices to ranks

// The fewest ranks that the fullest device must have; 0: some rank sees none.
int least_crowding(const std::vector<Uuids>& seen, std::map<std::string, int>& load, std::size_t rank = 0) {
  if (rank == seen.size()) {
    int most = 0;
    for (const auto& [uuid, users] : load) most = std::max(most, users);
    return most;
  }
  int best = 0;
  for (const std::string& uuid : seen[rank]) {
    ++load[uuid];
    const int crowding = least_crowding(seen, load, rank + 1);
    --load[uuid];
    if (best == 0 || crowding < best) best = crowding;
  }
  return best;
}

void expect_best(const std::vector<Uuids>& seen) {
  std::map<std::string, int> load;
  const int least = least_crowding(seen, load);
  const Assignment alone = assign_devices(seats(seen), false);
  ASSERT_EQ(alone.problem.empty(), least == 1);
  const Assignment shared = assign_devices(seats(seen), true);
  ASSERT_TRUE(shared.problem.empty());
  EXPECT_EQ(shared.shared, least > 1);
  std::map<std::string, int> users;
  for (std::size_t i = 0; i < seen.size(); ++i) ++users[seen[i].at(static_cast<std::size_t>(shared.places[i].index))];
  int most = 0;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const int here = users[seen[i][static_cast<std::size_t>(shared.places[i].index)]];
    EXPECT_EQ(shared.places[i].sharers, here);
    most = std::max(most, here);
  }
  EXPECT_EQ(most, least);
  if (least == 1) {
    EXPECT_EQ(alone.places, shared.places);
  }
}

// Up to four ranks, each with every non-empty subset of three devices, in both orders.
TEST(Assignment, IsAsGoodAsAnyThatThereIs) {
  std::vector<Uuids> subsets;
  for (unsigned bits = 1; bits < 8; ++bits) {
    Uuids subset;
    for (unsigned device = 0; device < 3; ++device)
      if (bits >> device & 1) subset.push_back(std::string(1, static_cast<char>('a' + device)));
    subsets.push_back(subset);
    if (subset.size() > 1) subsets.emplace_back(subset.rbegin(), subset.rend());
  }
  std::size_t tried = 0;
  for (std::size_t ranks = 1, ways = subsets.size(); ranks <= 4; ++ranks, ways *= subsets.size())
    for (std::size_t way = 0; way < ways; ++way) {
      std::vector<Uuids> seen;
      for (std::size_t rank = 0, rest = way; rank < ranks; ++rank, rest /= subsets.size())
        seen.push_back(subsets[rest % subsets.size()]);
      expect_best(seen);
      if (HasFatalFailure() || HasNonfatalFailure()) FAIL() << "way " << way << " of " << ranks << " ranks";
      ++tried;
    }
  EXPECT_EQ(tried, 11u + 121 + 1331 + 14641);
}

}  // namespace
}  // namespace petaproof
