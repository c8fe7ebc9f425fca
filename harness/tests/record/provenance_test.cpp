#include "harness/record/provenance.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "harness/record/utc.hpp"

namespace petaproof {
namespace {

TEST(Environment, IsRecordedByAllowList) {
  for (const char* name : {"NCCL_ALGO", "CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS", "NVIDIA_TF32_OVERRIDE",
                           "OMPI_MCA_btl", "SLURM_NNODES", "LD_PRELOAD", "CUDA_LAUNCH_BLOCKING"})
    EXPECT_TRUE(is_recorded_variable(name)) << name;
  for (const char* name : {"AWS_SECRET_ACCESS_KEY", "HOME", "SLURM_JWT", "SSH_AUTH_SOCK", "GITHUB_TOKEN",
                           "OMPI_MCA_orte_hnp_uri", "PMIX_SERVER_URI2", "HF_TOKEN"})
    EXPECT_FALSE(is_recorded_variable(name)) << name;
}

TEST(Environment, OfThisProcess) {
  setenv("NCCL_PETAPROOF_TEST", "a=b", 1);
  setenv("PETAPROOFX_SECRET", "s", 1);
  EXPECT_EQ(environment_json()["NCCL_PETAPROOF_TEST"], "a=b");
  EXPECT_FALSE(environment_json().contains("PETAPROOFX_SECRET"));
}

TEST(Provenance, NamesBuildLibrariesAndHost) {
  for (const char* key : {"version", "git_commit", "git_dirty", "compiler", "flags", "build_type"})
    EXPECT_TRUE(build_json().contains(key)) << key;
  EXPECT_TRUE(library_json("")["mpi"].is_null());
  EXPECT_EQ(library_json("Open MPI")["mpi"], "Open MPI");
  EXPECT_GT(host_json()["cores_online"].get<int>(), 0);
  EXPECT_FALSE(host_json()["cpu"].get<std::string>().empty());
}

TEST(Provenance, NamesTheCoresThatBindingLeft) {
  EXPECT_FALSE(usable_cpus().empty());
}

TEST(Utc, IsRfc3339) {
  const std::string now = utc_now();
  ASSERT_EQ(now.size(), 24u);
  EXPECT_EQ(now[10], 'T');
  EXPECT_EQ(now[19], '.');
  EXPECT_EQ(now.back(), 'Z');
}

}  // namespace
}  // namespace petaproof
