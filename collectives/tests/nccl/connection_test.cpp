// needs: cuda nccl
//
// How ranks set NCCL up together, against an NCCL that is made here: every rank a thread, no GPU. What is shown is
// the order of things and that no rank waits for one that failed; that NCCL itself works, tests/gpu/ shows.
#include "collectives/nccl/communicator.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstring>
#include <optional>

#include "collectives/tests/thread_group.hpp"
#include "support/fake_device.hpp"

// An opaque type of NCCL's own.
struct ncclComm {
  int rank = 0;
  ncclResult_t state = ncclSuccess;
};

namespace petaproof {
namespace {

using testing::FakeDevice;
using ::testing::HasSubstr;
using testing::ThreadGroup;

struct FakeNccl {
  int version = NCCL_VERSION_CODE;
  bool no_id = false;  // rank 0 gets none
  int fails_on = -1;   // the rank that cannot join
  std::atomic<int> ids{0};
  std::atomic<int> joined{0};
  std::atomic<int> aborted{0};
  std::atomic<int> wrong_ids{0};
  std::atomic<int> not_blocking{0};
};
FakeNccl* fake = nullptr;

constexpr char secret[] = "the id of rank 0";

}  // namespace
}  // namespace petaproof

extern "C" {
using petaproof::fake;

ncclResult_t ncclGetVersion(int* version) {
  *version = fake ? fake->version : NCCL_VERSION_CODE;
  return ncclSuccess;
}
ncclResult_t ncclGetUniqueId(ncclUniqueId* id) {
  if (fake->no_id) return ncclSystemError;
  ++fake->ids;
  std::memcpy(id->internal, petaproof::secret, sizeof petaproof::secret);
  return ncclSuccess;
}
ncclResult_t ncclCommInitRankConfig(ncclComm_t* comm, int, ncclUniqueId id, int rank, ncclConfig_t* config) {
  if (std::strcmp(id.internal, petaproof::secret) != 0) ++fake->wrong_ids;
  if (config->blocking != 1) ++fake->not_blocking;
  if (rank == fake->fails_on) return ncclInvalidUsage;
  *comm = new ncclComm{rank, ncclSuccess};
  ++fake->joined;
  return ncclSuccess;
}
ncclResult_t ncclCommAbort(ncclComm_t comm) {
  delete comm;
  ++fake->aborted;
  return ncclSuccess;
}
ncclResult_t ncclCommGetAsyncError(ncclComm_t comm, ncclResult_t* state) {
  *state = comm->state;
  return ncclSuccess;
}
const char* ncclGetErrorString(ncclResult_t) {
  return "kind of error";
}
const char* ncclGetLastError(ncclComm_t) {
  return "the cause\n";
}
}

namespace petaproof {
namespace {

constexpr int ranks = 3;

class Connecting : public ::testing::Test {
 protected:
  void SetUp() override { fake = &nccl_; }
  void TearDown() override {
    for (auto& connection : connections_) connection.reset();
    EXPECT_EQ(nccl_.joined, nccl_.aborted) << "a communicator was lost";
    EXPECT_EQ(nccl_.wrong_ids, 0);
    EXPECT_EQ(nccl_.not_blocking, 0);
    fake = nullptr;
  }

  // What join() came to on each rank: "true", "false" or an error's text.
  std::array<std::string, ranks> join_all() {
    std::array<std::string, ranks> results;
    group_.run([&](ThreadGroup::Member& member) {
      const auto at = static_cast<std::size_t>(member.rank());
      // a rank's communicator outlives its cases
      if (!members_[at]) members_[at].emplace(group_, member.rank());
      if (!connections_[at]) connections_[at] = std::make_unique<nccl::Connection>();
      try {
        results[at] = connections_[at]->join(*members_[at], device_) ? "true" : "false";
      } catch (const Error& error) {
        results[at] = error.what();
        domains_[at] = error.domain();
      }
    });
    return results;
  }

  void expect_joined() {
    for (const std::string& result : join_all()) EXPECT_EQ(result, "true");
  }

  FakeNccl nccl_;
  FakeDevice device_;
  ThreadGroup group_{ranks};
  std::array<std::optional<ThreadGroup::Member>, ranks> members_;
  std::array<std::unique_ptr<nccl::Connection>, ranks> connections_;
  std::array<Domain, ranks> domains_{};
};

TEST_F(Connecting, OneIdForAllAndOneCommunicatorForManyCases) {
  expect_joined();
  const ncclComm_t first = connections_[1]->comm();
  expect_joined();
  EXPECT_EQ(connections_[1]->comm(), first);
  EXPECT_EQ(nccl_.ids, 1);
  EXPECT_EQ(nccl_.joined, ranks);
  EXPECT_EQ(nccl_.aborted, 0);
}

TEST_F(Connecting, WhatIsBrokenOnOneRankIsSetUpAnewOnAll) {
  expect_joined();
  connections_[2]->give_up();
  expect_joined();
  EXPECT_EQ(nccl_.joined, 2 * ranks);
  EXPECT_EQ(nccl_.aborted, ranks);
}

TEST_F(Connecting, AnAsynchronousErrorIsThrownOnceAndMended) {
  expect_joined();
  EXPECT_NO_THROW(connections_[0]->check_async());
  connections_[0]->comm()->state = ncclRemoteError;
  try {
    connections_[0]->check_async();
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.domain(), Domain::nccl);
    EXPECT_STREQ(error.what(), "kind of error: the cause");
    EXPECT_FALSE(error.sticky());
  }
  expect_joined();
  EXPECT_NO_THROW(connections_[0]->check_async());
  EXPECT_EQ(nccl_.aborted, ranks);
}

// Whoever is not joined would wait in NCCL for ever for those who never come.
TEST_F(Connecting, NobodyJoinsWhereThereIsNoId) {
  nccl_.no_id = true;
  const auto results = join_all();
  EXPECT_THAT(results[0], HasSubstr("kind of error: the cause"));
  EXPECT_EQ(results[1], "false");
  EXPECT_EQ(results[2], "false");
  EXPECT_EQ(nccl_.joined, 0);
  nccl_.no_id = false;
  expect_joined();
}

TEST_F(Connecting, ARankThatCannotJoinTakesTheOthersWithIt) {
  for (int culprit = 0; culprit < ranks; ++culprit) {
    nccl_.fails_on = culprit;
    const auto results = join_all();
    for (int rank = 0; rank < ranks; ++rank) {
      EXPECT_EQ(results[static_cast<std::size_t>(rank)], rank == culprit ? "kind of error: the cause" : "false");
      EXPECT_EQ(connections_[static_cast<std::size_t>(rank)]->comm(), nullptr);
    }
  }
  nccl_.fails_on = -1;
  expect_joined();
}

TEST_F(Connecting, AnOldNcclIsNotSupportedOnAnyRank) {
  nccl_.version = 21210;
  for (const std::string& result : join_all()) EXPECT_THAT(result, HasSubstr("NCCL 2.12.10 is loaded"));
  for (Domain domain : domains_) EXPECT_EQ(domain, Domain::not_supported);
  EXPECT_EQ(nccl_.ids, 0);
}

TEST_F(Connecting, AnotherDeviceIsAnotherCommunicator) {
  expect_joined();
  device_.facts_for_change().uuid = "GPU-2";
  expect_joined();
  EXPECT_EQ(nccl_.aborted, ranks);
}

}  // namespace
}  // namespace petaproof
