// A module that needs a library which is not to be found at run time, as one of CUDA's on a machine without a
// driver.
#include "minimal_workload.hpp"

extern "C" int petaproof_testabsent();

namespace petaproof {
namespace {

class Lacking : public testing::MinimalWorkload {
 public:
  Lacking() : MinimalWorkload("needs a library: " + std::to_string(petaproof_testabsent())) {}
};

PETAPROOF_WORKLOAD("test/lacking", Lacking);

}  // namespace
}  // namespace petaproof
