// The devices that petaproof-kernels measures on, and the workload that it has at hand.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernels/workload.hpp"

namespace petaproof::bench {

/// A workload with all its parameters fixed: one benchmark.
struct Subject {
  std::string workload;
  Params params;
  /// "gemm/openblas/precision:fp64/m:1024/n:1024/k:1024": parameters as Google Benchmark names arguments.
  std::string name;
};

/// What is not measured for one and the same reason.
struct LeftOut {
  std::string what;  // "memory/device, memory/latency"
  std::string why;
};

/// A subject ready to be launched. Google Benchmark calls a benchmark's function once for every iteration count that
/// it tries; operands are made and results first verified for the first of them alone.
class Prepared {
 public:
  Prepared(const Subject& subject, Device& device);

  const Workload& workload() const { return *workload_; }
  const std::string& device_name() const { return device_.facts().name; }
  /// What was found wrong in the first launches; empty if nothing was.
  const std::string& wrong() const { return wrong_; }

  void poison_outputs();
  /// Seconds of one launch on the device's own clock; slots take turns.
  double launch();
  /// What is wrong in the outputs of the launches since they were poisoned; empty if nothing is.
  std::string verify();

 private:
  Device& device_;
  Params params_;
  Context context_;
  std::unique_ptr<Workload> workload_;
  std::unique_ptr<Timer> timer_;
  std::string wrong_;
  std::int64_t launched_ = 0;
};

class Session {
 public:
  /// Loads the CUDA module, and opens the first device of every backend that has one.
  Session();

  /// Every workload that one device can run by itself: with its default parameters, and with each other value of each
  /// of its choices (precision, operation).
  const std::vector<Subject>& subjects() const { return subjects_; }
  const std::vector<LeftOut>& left_out() const { return left_out_; }
  std::vector<const Device*> devices() const;

  /// Of the subject that was asked for last, kept until another one is.
  Prepared& prepared(const Subject& subject);
  /// After an error that no device survives.
  void forget_prepared() { prepared_.reset(); }

 private:
  Device* device_for(const Workload& workload);
  void add(const std::string& name);
  void leave_out(const std::string& what, const std::string& why);

  std::map<std::string, std::unique_ptr<Device>> devices_;  // by backend; null: it has none
  std::vector<Subject> subjects_;
  std::vector<LeftOut> left_out_;
  std::optional<Prepared> prepared_;
  std::string prepared_name_;
};

}  // namespace petaproof::bench
