#include "collectives/communicator.hpp"

#include <gtest/gtest.h>

#include "collectives/mpi/communicator.hpp"

namespace petaproof {
namespace {

class Pair : public Communicator {
 public:
  int rank() const override { return 1; }
  int size() const override { return 2; }
  void broadcast(void*, std::size_t) override {}
  bool any(bool mine) override { return mine; }
  std::int64_t minimum(std::int64_t mine) override { return mine; }
};

class OtherTransport : public Pair {};

class CommunicatorOf : public ::testing::Test {
 protected:
  std::unique_ptr<Device> device = Registry::instance().backend("host")->open(0, 1);
  Params params;
};

TEST_F(CommunicatorOf, IsTheOneOfTheContext) {
  Pair pair;
  CollectiveContext context(*device, params, Fill::normal, 1, pair);
  EXPECT_EQ(&communicator_of<Pair>(context), &pair);
  EXPECT_EQ(&communicator_of<Communicator>(context), &pair);
}

// A collective that finds no communicator of its transport ends its case as not supported; it does not crash.
template <typename Wanted>
void expect_refusal(Context& context) {
  try {
    communicator_of<Wanted>(context);
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.domain(), Domain::not_supported);
    EXPECT_STREQ(error.what(), "this case needs a communicator of another transport");
  }
}

TEST_F(CommunicatorOf, RefusesAnotherTransport) {
  Pair pair;
  CollectiveContext context(*device, params, Fill::normal, 1, pair);
  expect_refusal<OtherTransport>(context);
  expect_refusal<MpiCommunicator>(context);
}

TEST_F(CommunicatorOf, RefusesAContextWithout) {
  Context context(*device, params, Fill::normal, 1);
  expect_refusal<Pair>(context);
}

}  // namespace
}  // namespace petaproof
