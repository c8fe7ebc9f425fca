// What the tests of samples and censuses share: ranks, runs and draws written on the spot.
#pragma once

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "harness/judge/hardware.hpp"
#include "harness/sample/draw.hpp"
#include "harness/sample/measured_nodes.hpp"

namespace petaproof::sample::testing {

inline const judge::HardwareDatabase& hardware() {
  static const auto database = judge::HardwareDatabase::load(PETAPROOF_SOURCE_DIR "/configs/hardware");
  return database;
}

/// An H100 with which nothing is wrong: serial number and PCI slot follow from the UUID.
inline MeasuredRank rank(const std::string& host, const std::string& uuid, double watts = 700) {
  MeasuredRank result;
  result.host = host;
  result.device = "NVIDIA H100 80GB HBM3";
  result.uuid = uuid;
  result.cases = 2;
  result.passed = 2;
  result.power_limit_watts = watts;
  result.gpu.reason.clear();
  result.gpu.serial = "s-" + uuid;
  result.gpu.pci_bus_id = "pci-" + uuid;
  result.gpu.multi_gpu_board = false;
  result.gpu.ecc = true;
  result.gpu.mig = false;
  result.gpu.max_sm_clock_megahertz = 1980;
  return result;
}

inline MeasuredRun run(std::vector<MeasuredRank> ranks, const std::string& id = "r") {
  for (std::size_t i = 0; i < ranks.size(); ++i) ranks[i].rank = static_cast<int>(i);
  return {.run_id = id,
          .folder = "f",
          .backend = "cuda",
          .gpu_shared = false,
          .corrupted = false,
          .ranks = ranks,
          .damage = {}};
}

inline Draw draw_of(const std::string& list, std::int64_t size) {
  return draw_nodes(parse_node_list(list, "list"), "seed",
                    {.nodes = size, .margin = {}, .level = {}, .variation = {}}, true);
}

}  // namespace petaproof::sample::testing
