// What the judge's tests share: the real hardware files, and claims written on the spot.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "harness/judge/judgement.hpp"
#include "kernels/device/error.hpp"

namespace petaproof::judge::testing {

inline std::filesystem::path configs() {
  return std::filesystem::path(PETAPROOF_SOURCE_DIR) / "configs";
}

inline const HardwareDatabase& hardware() {
  static const HardwareDatabase database = HardwareDatabase::load(configs() / "hardware");
  return database;
}

inline const Knowledge& knowledge() {
  static const Knowledge known = Knowledge::load(configs());
  return known;
}

/// A folder of this test alone, removed with the object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "petaproof-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = name;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name) << text;
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

inline Claim nexus() {
  return load_claim(configs() / "claims" / "nexus-hub-240pf.json", hardware());
}

/// The claim of the Nexus Hub with its open dimensions stated, and nothing but its FLOP/s and its GPUs.
inline Claim stated(std::string model, Precision precision, Sparsity sparsity, Kind kind) {
  Claim claim = nexus();
  claim.rank.reset();
  claim.model = model;
  claim.models = {std::move(model)};
  claim.gpus->unit = GpuUnit::package;
  claim.compute->precision = precision;
  claim.compute->sparsity = sparsity;
  claim.compute->emulation = Emulation::native;
  claim.compute->kind = kind;
  return claim;
}

inline const JudgedReading& find(const Judgement& judgement, const std::string& id) {
  for (const auto& judged : judgement.readings)
    if (judged.reading.id() == id) return judged;
  throw std::runtime_error("no reading " + id);
}

/// A sound measurement on one eight-GPU H100 SXM node.
inline Measurement measured(Precision precision, double tflops) {
  Measurement m;
  m.run_id = "run-1";
  m.case_id = "case-1";
  m.backend = "cuda";
  m.hardware_id = "h100-sxm-80gb";
  m.precision = precision;
  m.mode = "sustained";
  m.fill = "normal";
  m.disposition = "pass";
  m.rate_tflops = tflops;
  m.lower_tflops = tflops * 0.99;
  m.upper_tflops = tflops * 1.01;
  m.gpus = 8;
  m.nodes = 1;
  m.duration_s = 300;
  return m;
}

/// The message of the Error(config) that `action` throws; the test fails if it throws none or another.
template <typename Action>
std::string config_error(Action action, Domain domain = Domain::config) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(to_string(error.domain()), to_string(domain)) << error.what();
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << "one line is promised: " << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no Error was thrown";
  return {};
}

}  // namespace petaproof::judge::testing
