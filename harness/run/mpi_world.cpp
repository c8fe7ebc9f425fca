#include "harness/run/mpi_world.hpp"

#include <fmt/format.h>

#include <numeric>

#include "collectives/mpi/check.hpp"

namespace petaproof {
namespace {

std::vector<std::string> gather_text(const std::string& mine, const MpiCommunicator& among) {
  const bool root = among.rank() == 0;
  const int length = static_cast<int>(mine.size());
  std::vector<int> lengths(root ? among.size() : 0);
  PETAPROOF_MPI(MPI_Gather(&length, 1, MPI_INT, lengths.data(), 1, MPI_INT, 0, among.comm()));
  // Gatherv counts in int. A longer text than 2 GiB would be a defect of ours: raw samples stay on their node.
  PETAPROOF_INVARIANT(std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0}) <= INT32_MAX);
  std::vector<int> offsets(lengths.size());
  std::exclusive_scan(lengths.begin(), lengths.end(), offsets.begin(), 0);
  std::string all(root ? static_cast<std::size_t>(offsets.back() + lengths.back()) : 0, '\0');
  PETAPROOF_MPI(MPI_Gatherv(mine.data(), length, MPI_CHAR, all.data(), lengths.data(), offsets.data(), MPI_CHAR, 0,
                            among.comm()));
  std::vector<std::string> result;
  for (std::size_t i = 0; i < lengths.size(); ++i) result.push_back(all.substr(offsets[i], lengths[i]));
  return result;
}

}  // namespace

MpiWorld::MpiWorld() {
  // only the main thread ever calls MPI; the watchdog's does not
  int provided = 0;
  PETAPROOF_MPI(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided));
  PETAPROOF_MPI(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN));
  // a duplicate inherits the error handler
  PETAPROOF_MPI(MPI_Comm_dup(MPI_COMM_WORLD, &control_comm_));
  PETAPROOF_MPI(MPI_Comm_dup(MPI_COMM_WORLD, &workload_comm_));
  all_ = std::make_unique<MpiCommunicator>(control_comm_);
  for_workloads_ = std::make_unique<MpiCommunicator>(workload_comm_);
  PETAPROOF_MPI(MPI_Comm_split_type(control_comm_, MPI_COMM_TYPE_SHARED, all_->rank(), MPI_INFO_NULL, &node_comm_));
  in_node_ = std::make_unique<MpiCommunicator>(node_comm_);
  // a node's number: how many node leaders have a rank below its own leader's
  const int leads = in_node_->rank() == 0 ? 1 : 0;
  PETAPROOF_MPI(MPI_Allreduce(&leads, &nodes_, 1, MPI_INT, MPI_SUM, control_comm_));
  PETAPROOF_MPI(MPI_Scan(&leads, &node_, 1, MPI_INT, MPI_SUM, control_comm_));
  --node_;
  PETAPROOF_MPI(MPI_Bcast(&node_, 1, MPI_INT, 0, node_comm_));
  set_error_identity(all_->rank(), -1);
}

MpiWorld::~MpiWorld() {
  PETAPROOF_MPI_LOG(MPI_Comm_free(&node_comm_));
  PETAPROOF_MPI_LOG(MPI_Comm_free(&workload_comm_));
  PETAPROOF_MPI_LOG(MPI_Comm_free(&control_comm_));
  PETAPROOF_MPI_LOG(MPI_Finalize());
}

// One MAX carries everything: what the root says (nobody else's value is above the minimum), the flag, a failure.
Meeting MpiWorld::meet(std::int64_t root_value, bool flag) {
  std::int64_t all[3] = {is_root() ? root_value : INT64_MIN, flag ? 1 : 0, 0};
  PETAPROOF_MPI(MPI_Allreduce(MPI_IN_PLACE, all, 3, MPI_INT64_T, MPI_MAX, control_comm_));
  if (all[2] != 0) {
    const auto domain = static_cast<Domain>(all[2] - 1);
    throw Error(Domain::peer, static_cast<long>(domain), {}, "another rank failed", Error::Kind::local,
                std::source_location::current());
  }
  return {all[0], all[1] != 0};
}

void MpiWorld::fail(Domain why) {
  std::int64_t all[3] = {INT64_MIN, 0, static_cast<std::int64_t>(why) + 1};
  PETAPROOF_MPI_LOG(MPI_Allreduce(MPI_IN_PLACE, all, 3, MPI_INT64_T, MPI_MAX, control_comm_));
}

std::vector<std::string> MpiWorld::gather(const std::string& mine) {
  return gather_text(mine, *all_);
}

std::vector<std::string> MpiWorld::gather_node(const std::string& mine) {
  return gather_text(mine, *in_node_);
}

std::string MpiWorld::broadcast(const std::string& text) {
  std::int64_t length = static_cast<std::int64_t>(text.size());
  PETAPROOF_MPI(MPI_Bcast(&length, 1, MPI_INT64_T, 0, control_comm_));
  std::string result = text;
  result.resize(static_cast<std::size_t>(length));
  PETAPROOF_MPI(MPI_Bcast(result.data(), static_cast<int>(length), MPI_CHAR, 0, control_comm_));
  return result;
}

std::vector<double> MpiWorld::maximum(std::vector<double> values) {
  PETAPROOF_MPI(MPI_Allreduce(MPI_IN_PLACE, values.data(), static_cast<int>(values.size()), MPI_DOUBLE, MPI_MAX,
                              control_comm_));
  return values;
}

std::string MpiWorld::library() const {
  char text[MPI_MAX_LIBRARY_VERSION_STRING] = "";
  int length = 0;
  PETAPROOF_MPI(MPI_Get_library_version(text, &length));
  return {text, static_cast<std::size_t>(length)};
}

}  // namespace petaproof
