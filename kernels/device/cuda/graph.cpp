// needs: cuda
#include "kernels/device/cuda/graph.hpp"

#include "kernels/device/cuda/check.hpp"

namespace petaproof::cuda {
namespace {

class Graph : public Recording {
 public:
  Graph(cudaGraph_t graph, CudaStream& stream) : graph_(graph) {
    try {
      PETAPROOF_CUDA(cudaGraphInstantiate(&executable_, graph_, 0));
      // otherwise the first replay would pay for it
      PETAPROOF_CUDA(cudaGraphUpload(executable_, stream.handle()));
    } catch (...) {
      destroy();
      throw;
    }
  }
  ~Graph() override { destroy(); }
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  void replay(Stream& stream) override { PETAPROOF_CUDA(cudaGraphLaunch(executable_, handle_of(stream))); }

 private:
  void destroy() noexcept {
    if (executable_) PETAPROOF_CUDA_LOG(cudaGraphExecDestroy(executable_));
    PETAPROOF_CUDA_LOG(cudaGraphDestroy(graph_));
  }

  cudaGraph_t graph_;
  cudaGraphExec_t executable_ = nullptr;
};

}  // namespace

std::unique_ptr<Recording> capture(CudaStream& stream, const std::function<void(Stream&)>& enqueue) {
  // thread-local: NCCL's and the telemetry's threads go on with calls that a global capture would forbid them
  PETAPROOF_CUDA(cudaStreamBeginCapture(stream.handle(), cudaStreamCaptureModeThreadLocal));
  cudaGraph_t graph = nullptr;
  try {
    enqueue(stream);
  } catch (...) {
    // ends the capture whatever became of it; its error says less than the one under way
    cudaStreamEndCapture(stream.handle(), &graph);
    if (graph) cudaGraphDestroy(graph);
    cudaGetLastError();
    throw;
  }
  PETAPROOF_CUDA(cudaStreamEndCapture(stream.handle(), &graph));
  return std::make_unique<Graph>(graph, stream);
}

}  // namespace petaproof::cuda
