#include "harness/run/preflight.hpp"

#include <gmock/gmock.h>

#include <cstdlib>

#include "harness/tests/expect_error.hpp"

namespace petaproof {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const LauncherFacts by_hand{};
const LauncherFacts open_mpi{"Open MPI", 4, 2, true};
const LauncherFacts slurm_job{"Slurm job", 8, 0, false};

TEST(WorldSize, AgreesWithTheLauncher) {
  EXPECT_NO_THROW(check_world_size(1, 0, by_hand));
  EXPECT_NO_THROW(check_world_size(4, 0, open_mpi));
  EXPECT_NO_THROW(check_world_size(4, 4, open_mpi));
}

// mpirun -np 4 of another MPI: each process finds itself alone.
TEST(WorldSize, SeparateRunsAreNotTakenForOne) {
  EXPECT_THAT(error_of(Domain::mpi, [] { check_world_size(1, 0, open_mpi); }),
              AllOf(HasSubstr("Open MPI started 4 ranks"), HasSubstr("world has 1"), HasSubstr("alone")));
  // and --expect-ranks 1 does not make it right
  error_of(Domain::mpi, [] { check_world_size(1, 1, open_mpi); });
}

TEST(WorldSize, ExpectedRanksMustBeThere) {
  EXPECT_THAT(error_of(Domain::mpi, [] { check_world_size(1, 8, by_hand); }),
              AllOf(HasSubstr("--expect-ranks 8"), HasSubstr("no launcher")));
  error_of(Domain::mpi, [] { check_world_size(4, 8, open_mpi); });
}

TEST(WorldSize, AJobScriptMayMeanOneRankIfItSaysSo) {
  EXPECT_THAT(error_of(Domain::mpi, [] { check_world_size(1, 0, slurm_job); }), HasSubstr("--expect-ranks 1"));
  EXPECT_NO_THROW(check_world_size(1, 1, slurm_job));
}

class Launcher : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK", "PMI_SIZE", "PMI_RANK",
                             "SLURM_STEP_NUM_TASKS", "SLURM_NTASKS", "SLURM_PROCID"})
      unsetenv(name);
  }
  void TearDown() override { SetUp(); }
};

TEST_F(Launcher, NoneIsOneRank) {
  EXPECT_EQ(launcher_facts().ranks, 1);
  EXPECT_EQ(launcher_facts().name, "");
}

// mpirun inside an allocation of 4 nodes: Slurm's step is that of mpirun's daemons.
TEST_F(Launcher, OpenMpiIsBelievedBeforeSlurm) {
  setenv("SLURM_STEP_NUM_TASKS", "4", 1);
  setenv("SLURM_NTASKS", "32", 1);
  setenv("OMPI_COMM_WORLD_SIZE", "32", 1);
  setenv("OMPI_COMM_WORLD_RANK", "5", 1);
  EXPECT_EQ(launcher_facts().ranks, 32);
  EXPECT_EQ(launcher_facts().rank, 5);
  EXPECT_TRUE(launcher_facts().binding);
}

TEST_F(Launcher, ASlurmJobAloneDoesNotBind) {
  setenv("SLURM_NTASKS", "32", 1);
  EXPECT_EQ(launcher_facts().ranks, 32);
  EXPECT_FALSE(launcher_facts().binding);
}

TEST_F(Launcher, NonsenseIsNotANumber) {
  setenv("OMPI_COMM_WORLD_SIZE", "many", 1);
  setenv("PMI_SIZE", "-3", 1);
  EXPECT_EQ(launcher_facts().ranks, 1);
}

RankIdentity rank(int number, const std::string& host, const std::string& uuid, const std::string& binary = "b") {
  return {number, 0, host, "NVIDIA H200", uuid, "0-7", binary, ""};
}

TEST(Identities, DistinctDevicesMayRunTogether) {
  EXPECT_EQ(find_conflict({rank(0, "a", "u1"), rank(1, "a", "u2"), rank(2, "b", "u3")}), "");
}

TEST(Identities, TheHostsDeviceMayBeShared) {
  EXPECT_EQ(find_conflict({rank(0, "a", ""), rank(1, "a", "")}), "");
}

TEST(Identities, TwoRanksOnOneDeviceAreRefused) {
  EXPECT_THAT(find_conflict({rank(0, "a", "u1"), rank(1, "a", "u2"), rank(2, "a", "u1")}),
              AllOf(HasSubstr("ranks 0 and 2 on a"), HasSubstr("u1")));
}

TEST(Identities, TwoRanksOnOneDeviceMayBeMeant) {
  EXPECT_EQ(find_conflict({rank(0, "a", "u1"), rank(1, "a", "u1")}, true), "");
  EXPECT_THAT(find_conflict({rank(0, "a", "u1"), rank(1, "a", "u1", "other")}, true), HasSubstr("another binary"));
}

// What a rank says of itself arrives as it was said.
TEST(Identities, SurviveTheirJourney) {
  const auto world = solo_world();
  RankIdentity mine = rank(0, "a", "u1");
  mine.device_index = 3;
  mine.unset = {{"NVIDIA_TF32_OVERRIDE", "1"}};
  const auto all = agree_on_identities(mine, false, *world);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].device_uuid, "u1");
  EXPECT_EQ(all[0].cpus, "0-7");
  EXPECT_EQ(all[0].device_index, 3);
  EXPECT_EQ(all[0].unset, mine.unset);
}

TEST(Identities, AnotherBinaryIsRefused) {
  EXPECT_THAT(find_conflict({rank(0, "a", ""), rank(1, "b", "", "other")}),
              HasSubstr("rank 1 on b runs another binary"));
}

TEST(Identities, ARankThatFailedIsNamed) {
  RankIdentity broken = rank(1, "b", "");
  broken.error = "no driver";
  EXPECT_EQ(find_conflict({rank(0, "a", ""), broken}), "rank 1 on b: no driver");
}

}  // namespace
}  // namespace petaproof
