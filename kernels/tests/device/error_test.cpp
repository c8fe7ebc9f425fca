#include "kernels/device/error.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>

namespace petaproof {
namespace {

using ::testing::EndsWith;
using ::testing::internal::CaptureStderr;
using ::testing::internal::GetCapturedStderr;

// Forgets who the process is when a test ends.
struct Identity {
  Identity(int rank, int device) { set_error_identity(rank, device); }
  ~Identity() { set_error_identity(-1, -1); }
};

TEST(Error, DescribesEverythingOnOneLine) {
  const Identity identity(3, 1);
  const auto where = std::source_location::current();
  const int line = __LINE__ - 1;
  const Error error(Domain::cuda, 2, "cudaMalloc(&p, n)", "out of memory", Error::Kind::local, where);
  EXPECT_STREQ(error.what(), "out of memory");
  EXPECT_EQ(error.describe(), "out of memory [cuda 2 from cudaMalloc(&p, n) at " + std::string(__FILE__) + ":" +
                                  std::to_string(line) + ", rank 3, device 1]");
  EXPECT_EQ(error.domain(), Domain::cuda);
  EXPECT_EQ(error.code(), 2);
  EXPECT_EQ(error.expression(), "cudaMalloc(&p, n)");
  EXPECT_EQ(error.line(), line);
  EXPECT_EQ(error.rank(), 3);
  EXPECT_EQ(error.device(), 1);
  EXPECT_FALSE(error.sticky());
}

TEST(Error, LeavesOutWhatIsNotKnown) {
  const int line = __LINE__ + 1;
  const Error error(Domain::config, "no such suite");
  EXPECT_EQ(error.describe(), "no such suite [config at " + std::string(__FILE__) + ":" + std::to_string(line) + "]");
  EXPECT_EQ(error.rank(), -1);
  EXPECT_EQ(error.device(), -1);
}

TEST(Error, KeepsWhoItWasMadeBy) {
  set_error_identity(5, -1);
  const Error error(Domain::io, "disk full");
  set_error_identity(-1, -1);
  EXPECT_EQ(error.rank(), 5);
  EXPECT_THAT(error.describe(), EndsWith(", rank 5]"));
}

TEST(Error, StickyIsStickyOnly) {
  const auto where = std::source_location::current();
  EXPECT_TRUE(Error(Domain::cuda, 700, "x", "illegal address", Error::Kind::sticky, where).sticky());
  EXPECT_FALSE(Error(Domain::cuda, 2, "x", "out of memory", Error::Kind::local, where).sticky());
}

TEST(Error, DomainsHaveTheirNames) {
  const std::pair<Domain, const char*> names[] = {
      {Domain::usage, "usage"},     {Domain::config, "config"},    {Domain::io, "io"},
      {Domain::system, "system"},   {Domain::memory, "memory"},    {Domain::not_supported, "not_supported"},
      {Domain::loading, "loading"}, {Domain::mpi, "mpi"},          {Domain::cuda, "cuda"},
      {Domain::cublas, "cublas"},   {Domain::cudnn, "cudnn"},      {Domain::nccl, "nccl"},
      {Domain::peer, "peer"},       {Domain::internal, "internal"}};
  for (const auto& [domain, name] : names) EXPECT_EQ(to_string(domain), name);
}

TEST(Posix, AFailedCallThrowsWithErrnoAndTheCall) {
  try {
    PETAPROOF_POSIX(open("/no/such/folder", O_RDONLY));
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.domain(), Domain::system);
    EXPECT_EQ(error.code(), ENOENT);
    EXPECT_STREQ(error.what(), "No such file or directory");
    EXPECT_EQ(error.expression(), "open(\"/no/such/folder\", O_RDONLY)");
    EXPECT_EQ(error.line(), __LINE__ - 7);
    EXPECT_THAT(error.file(), EndsWith("kernels/tests/device/error_test.cpp"));
    EXPECT_FALSE(error.sticky());
  }
}

// Only -1 is a failure: a descriptor of 0 is one, and other negative numbers are values.
TEST(Posix, WhatIsNotMinusOnePasses) {
  EXPECT_NO_THROW(PETAPROOF_POSIX(0));
  EXPECT_NO_THROW(PETAPROOF_POSIX(7));
  EXPECT_NO_THROW(PETAPROOF_POSIX(-2));
}

TEST(PosixLog, AFailedCallIsLoggedAndDoesNotThrow) {
  CaptureStderr();
  const bool done = PETAPROOF_POSIX_LOG(close(-1));
  const int line = __LINE__ - 1;
  EXPECT_EQ(GetCapturedStderr(), "petaproof: close(-1): Bad file descriptor (" + std::string(__FILE__) + ":" +
                                     std::to_string(line) + ")\n");
  EXPECT_FALSE(done);
}

TEST(PosixLog, ASuccessIsSilent) {
  CaptureStderr();
  EXPECT_TRUE(PETAPROOF_POSIX_LOG(0));
  EXPECT_TRUE(PETAPROOF_POSIX_LOG(-2));
  EXPECT_EQ(GetCapturedStderr(), "");
}

TEST(Invariant, ABrokenOneThrows) {
  const int two = 2;
  EXPECT_NO_THROW(PETAPROOF_INVARIANT(two == 2));
  try {
    PETAPROOF_INVARIANT(two == 3);
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.domain(), Domain::internal);
    EXPECT_STREQ(error.what(), "broken invariant: two == 3");
    EXPECT_EQ(error.line(), __LINE__ - 5);
  }
}

}  // namespace
}  // namespace petaproof
