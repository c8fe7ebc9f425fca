// As much of the CUDA runtime as memory/host_device calls, on the CPU, for a test that includes that workload's
// source.
//
// Streams are queues, and work in them runs when somebody waits for it, as late as may be: a copy that nothing waits
// for has not happened. Where `at_once` is set the work of a stream runs as it is given, as early as may be: a copy
// that waits for nothing comes before what is queued elsewhere. What is ordered by events and by one stream alone is
// right in both.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <utility>

enum cudaError_t { cudaSuccess = 0, cudaErrorInvalidValue = 1, cudaErrorMemoryAllocation = 2 };
enum cudaMemcpyKind { cudaMemcpyHostToDevice = 1, cudaMemcpyDeviceToHost = 2 };
inline constexpr unsigned cudaEventDisableTiming = 2, cudaHostAllocDefault = 0;

struct CudaQueue {
  std::deque<std::function<void()>> waiting;
  std::size_t given = 0, done = 0;
  bool at_once = false;

  void give(std::function<void()> work) {
    waiting.push_back(std::move(work));
    ++given;
    if (at_once) run_until(given);
  }
  void run_until(std::size_t ticket) {
    while (done < ticket) {
      const auto work = std::move(waiting.front());
      waiting.pop_front();
      work();
      ++done;
    }
  }
};
using cudaStream_t = CudaQueue*;

struct CudaMark {
  CudaQueue* queue = nullptr;  // none: passed, as of an event that was never recorded
  std::size_t ticket = 0;
};
using cudaEvent_t = CudaMark*;

namespace fake_cuda {
inline std::size_t pinned_limit = SIZE_MAX;  // of one allocation
inline int pinned = 0;                       // allocations that are still there
}  // namespace fake_cuda

inline cudaError_t cudaGetLastError() {
  return cudaSuccess;
}
inline cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  *event = new CudaMark;
  return cudaSuccess;
}
inline cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}
inline cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  *event = {stream, stream->given + 1};
  stream->give([] {});
  return cudaSuccess;
}
inline cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  stream->give([mark = *event] {
    if (mark.queue) mark.queue->run_until(mark.ticket);
  });
  return cudaSuccess;
}
inline cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind,
                                   cudaStream_t stream) {
  stream->give([=] { std::memcpy(to, from, bytes); });
  return cudaSuccess;
}
inline cudaError_t cudaHostAlloc(void** data, std::size_t bytes, unsigned) {
  if (bytes > fake_cuda::pinned_limit) return cudaErrorMemoryAllocation;
  *data = std::malloc(bytes);
  ++fake_cuda::pinned;
  return cudaSuccess;
}
inline cudaError_t cudaFreeHost(void* data) {
  std::free(data);
  --fake_cuda::pinned;
  return cudaSuccess;
}
