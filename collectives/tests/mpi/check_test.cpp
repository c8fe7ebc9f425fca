// The checks with made-up codes: they must work before MPI_Init and after MPI_Finalize, where no text can be
// had.
#include "collectives/mpi/check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace petaproof {
namespace {

using ::testing::EndsWith;
using ::testing::internal::CaptureStderr;
using ::testing::internal::GetCapturedStderr;

int failing(int code) {
  return code;
}

TEST(MpiCheck, AFailedCallThrowsWithItsCode) {
  try {
    PETAPROOF_MPI(failing(MPI_ERR_RANK));
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.domain(), Domain::mpi);
    EXPECT_EQ(error.code(), MPI_ERR_RANK);
    EXPECT_EQ(error.what(), "MPI error " + std::to_string(MPI_ERR_RANK));
    EXPECT_EQ(error.expression(), "failing(MPI_ERR_RANK)");
    EXPECT_EQ(error.line(), __LINE__ - 7);
    EXPECT_THAT(error.file(), EndsWith("collectives/tests/mpi/check_test.cpp"));
    EXPECT_FALSE(error.sticky());
  }
}

TEST(MpiCheck, ASuccessPasses) {
  EXPECT_NO_THROW(PETAPROOF_MPI(failing(MPI_SUCCESS)));
}

TEST(MpiCheckLog, AFailedCallIsLoggedAndDoesNotThrow) {
  CaptureStderr();
  const bool done = PETAPROOF_MPI_LOG(failing(13));
  const int line = __LINE__ - 1;
  EXPECT_EQ(GetCapturedStderr(),
            "petaproof: failing(13): MPI error 13 (" + std::string(__FILE__) + ":" + std::to_string(line) + ")\n");
  EXPECT_FALSE(done);
}

TEST(MpiCheckLog, ASuccessIsSilent) {
  CaptureStderr();
  EXPECT_TRUE(PETAPROOF_MPI_LOG(failing(MPI_SUCCESS)));
  EXPECT_EQ(GetCapturedStderr(), "");
}

}  // namespace
}  // namespace petaproof
