#include "collectives/nccl_version.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace petaproof::nccl {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// nccl.h: NCCL_VERSION(X,Y,Z) has another width since 2.9.
TEST(NcclVersion, IsReadInBothForms) {
  EXPECT_EQ(version_text(2804), "2.8.4");
  EXPECT_EQ(version_text(20906), "2.9.6");
  EXPECT_EQ(version_text(22809), "2.28.9");
  EXPECT_EQ(version_text(23007), "2.30.7");
}

TEST(NcclVersion, OneThatIsTooOldIsNamedWithWhatToDo) {
  EXPECT_THAT(why_too_old(21210),
              AllOf(HasSubstr("NCCL 2.12.10 is loaded"), HasSubstr("2.14.0 or newer"), HasSubstr("LD_LIBRARY_PATH")));
  EXPECT_THAT(why_too_old(2804), HasSubstr("NCCL 2.8.4"));
  EXPECT_EQ(why_too_old(21400), "");
  EXPECT_EQ(why_too_old(22809), "");
}

// 2.29 still refused two ranks on one GPU whatever was set.
TEST(NcclVersion, HowAGpuIsSharedDependsOnIt) {
  EXPECT_EQ(sharing_variables(22809, 3), (std::vector<Variable>{{"NCCL_HOSTID", "petaproof-rank-3"}}));
  EXPECT_EQ(sharing_variables(22907, 0), (std::vector<Variable>{{"NCCL_HOSTID", "petaproof-rank-0"}}));
  EXPECT_EQ(sharing_variables(23003, 3), (std::vector<Variable>{{"NCCL_MULTI_RANK_GPU_ENABLE", "1"}}));
}

TEST(NcclVersion, EveryProcessIsAHostOfItsOwn) {
  EXPECT_NE(sharing_variables(22809, 1), sharing_variables(22809, 11));
}

}  // namespace
}  // namespace petaproof::nccl
