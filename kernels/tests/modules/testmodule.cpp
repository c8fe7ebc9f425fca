// A module with one workload, which registers in the registry of the program that loads it.
#include "minimal_workload.hpp"

namespace petaproof {
namespace {

class InModule : public testing::MinimalWorkload {
 public:
  InModule() : MinimalWorkload("lives in a module") {}
};

PETAPROOF_WORKLOAD("test/in_module", InModule);

}  // namespace
}  // namespace petaproof
