#include "harness/record/gpu_identity_json.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace petaproof {
namespace {

GpuIdentity known() {
  GpuIdentity gpu;
  gpu.reason.clear();
  gpu.serial = "165";
  gpu.pci_bus_id = "00000000:1B:00.0";
  gpu.ecc = false;
  gpu.power_limit_watts = 700;
  gpu.unread = {{"mig", "GPU is lost (NVML error 15)"}};
  return gpu;
}

void expect_equal(const GpuIdentity& a, const GpuIdentity& b) {
  EXPECT_EQ(to_json(a), to_json(b));
  EXPECT_EQ(a.reason, b.reason);
  EXPECT_EQ(a.serial, b.serial);
  EXPECT_EQ(a.ecc, b.ecc);
  EXPECT_EQ(a.mig, b.mig);
  EXPECT_EQ(a.power_limit_watts, b.power_limit_watts);
  EXPECT_EQ(a.unread, b.unread);
}

TEST(GpuIdentityJson, ComesBackAsItWent) {
  for (const GpuIdentity& gpu : {known(), GpuIdentity{}}) expect_equal(gpu_identity_from(to_json(gpu)), gpu);
}

TEST(GpuIdentityJson, ColumnsHaveAnEntryForEachRank) {
  const std::vector<GpuIdentity> gpus{GpuIdentity{}, known()};
  const nlohmann::json columns = identity_columns(gpus);
  for (const auto& [name, column] : columns.items()) EXPECT_EQ(column.size(), 2u) << name;
  EXPECT_EQ(columns.at("serial"), nlohmann::json({nullptr, "165"}));
  EXPECT_EQ(columns.at("reason"), nlohmann::json({"nothing was read", nullptr}));
  for (std::size_t i = 0; i < gpus.size(); ++i) expect_equal(identity_from_columns(columns, i), gpus[i]);
}

TEST(GpuIdentityJson, WhatIsMissingIsNoNull) {
  nlohmann::json columns = identity_columns({known()});
  columns.erase("serial");
  EXPECT_THROW(identity_from_columns(columns, 0), nlohmann::json::exception);
}

}  // namespace
}  // namespace petaproof
