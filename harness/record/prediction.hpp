// What could be known before a run that a GPU would not support: the precisions and the compute capability in its
// model's hardware file, held against what the workload says that a case needs of them, by the documents of hardware
// and libraries. Whatever only a run finds out, that a library has no algorithm after all or that a driver is not
// there, is not known from these and stays a gap in what was asked for.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "harness/judge/hardware.hpp"
#include "kernels/workload.hpp"

namespace petaproof {

/// Why a GPU of this model cannot run a case: its compute capability is not among those that the workload needs
/// (Workload::capability_refusal), or its file does not have the precision. Empty: nothing says so.
std::string predicted_refusal(const judge::Hardware& gpu, const Workload& workload, const Params& params);

/// Adds `predicted`, the text above, to a record that is `not_supported` where it was to be expected of the GPU of
/// every rank: where only some could not, the others went unmeasured. A GPU that no hardware file knows predicts
/// nothing.
void add_prediction(const judge::HardwareDatabase& hardware, const Workload& workload, const Params& params,
                    nlohmann::json& record);

}  // namespace petaproof
