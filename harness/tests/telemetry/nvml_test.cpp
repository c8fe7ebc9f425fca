// NVML as the program sees it, against the stand-ins of fake_nvml.cpp.
#include <gmock/gmock.h>

#include <cstdlib>

#include "harness/telemetry/nvml_device.hpp"
#include "harness/tests/expect_error.hpp"

namespace petaproof {
namespace {

using testing::HasSubstr;

constexpr const char* uuid = "GPU-00000000-0000-0000-0000-000000000003";

class Nvml : public testing::Test {
 protected:
  void SetUp() override { use("nvml"); }
  void TearDown() override {
    for (const char* name :
         {"PETAPROOF_NVML", "FAKE_NVML_FAIL", "FAKE_NVML_SM_CLOCK", "FAKE_NVML_MIG", "FAKE_NVML_LOST_AFTER",
          "FAKE_NVML_MEMORY_TEMPERATURE", "FAKE_NVML_REASONS", "FAKE_NVML_SERIAL", "FAKE_NVML_ECC_MODE"})
      unsetenv(name);
  }
  static void use(const std::string& folder) {
    set("PETAPROOF_NVML", PETAPROOF_BINARY_DIR "/tests/" + folder + "/libnvidia-ml.so.1");
  }
  static void set(const char* name, const std::string& value) { setenv(name, value.c_str(), 1); }

  static std::string why_not_loaded() {
    return error_of(Domain::loading, [] { NvmlLibrary(); });
  }
};

TEST_F(Nvml, ReadsEverythingInTheUnitsOfItsNames) {
  set("FAKE_NVML_SM_CLOCK", "1980,1410");
  set("FAKE_NVML_REASONS", "36");
  const NvmlLibrary library;
  NvmlDevice device(library, uuid);
  const Sample first = device.read();
  EXPECT_EQ(first[Sensor::sm_clock].value, 1980);
  EXPECT_EQ(first[Sensor::memory_clock].value, 3201);
  EXPECT_EQ(first[Sensor::power].value, 500);  // the instantaneous one, not the 501 of nvmlDeviceGetPowerUsage
  EXPECT_EQ(first[Sensor::temperature].value, 42);
  EXPECT_EQ(first[Sensor::memory_temperature].value, 55);
  EXPECT_EQ(first[Sensor::clock_events].value, 36);
  const Sample second = device.read();
  EXPECT_EQ(second[Sensor::sm_clock].value, 1410);
  EXPECT_GE(*second[Sensor::energy].value, *first[Sensor::energy].value);
  EXPECT_GE(*first[Sensor::energy].value, 1000);

  const Counters counters = device.counters();
  EXPECT_EQ(counters[0].value, 7);
  EXPECT_EQ(counters[1].value, 0);  // no error is a count, not an absence
  EXPECT_EQ(counters[2].value, 2);
  EXPECT_EQ(counters[3].value, 1);
  const DeviceLimits limits = device.limits();
  EXPECT_EQ(limits.power_limit_watts.value, 700);
  EXPECT_EQ(limits.max_sm_clock_megahertz.value, 1980);
  EXPECT_EQ(limits.driver_version, "580.65.06");
  EXPECT_EQ(limits.nvml_version, "13.580.65.06");
  EXPECT_EQ(limits.power_source, "NVML_FI_DEV_POWER_INSTANT");
}

TEST_F(Nvml, OfAnOlderDriverLacksOnlyWhatThatDriverLacks) {
  use("nvml-old");
  set("FAKE_NVML_REASONS", "8");
  const NvmlLibrary library;
  NvmlDevice device(library, uuid);
  const Sample sample = device.read();
  EXPECT_EQ(sample[Sensor::sm_clock].value, 1980);
  EXPECT_EQ(sample[Sensor::power].value, 501);
  EXPECT_EQ(device.limits().power_source, "nvmlDeviceGetPowerUsage");
  EXPECT_EQ(sample[Sensor::temperature].value, 43);
  EXPECT_EQ(sample[Sensor::clock_events].value, 8);
  EXPECT_FALSE(sample[Sensor::energy].value);
  EXPECT_EQ(sample[Sensor::energy].why, "this driver's NVML has no nvmlDeviceGetTotalEnergyConsumption");
  EXPECT_EQ(sample[Sensor::memory_temperature].why, "this driver's NVML has no nvmlDeviceGetFieldValues");
  EXPECT_EQ(device.counters()[0].value, 7);
  EXPECT_EQ(device.counters()[2].why, "this driver's NVML has no nvmlDeviceGetRemappedRows");
}

TEST_F(Nvml, WhatADeviceDoesNotSupportIsAbsentWithTheReason) {
  set("FAKE_NVML_FAIL", "82=3,nvmlDeviceGetTotalEccErrors=3,nvmlDeviceGetMaxClockInfo=999");
  const NvmlLibrary library;
  NvmlDevice device(library, uuid);
  const Sample sample = device.read();
  EXPECT_TRUE(sample[Sensor::power].value);
  EXPECT_FALSE(sample[Sensor::memory_temperature].value);
  EXPECT_EQ(sample[Sensor::memory_temperature].why, "Not Supported (NVML error 3)");
  EXPECT_FALSE(device.counters()[0].value);
  EXPECT_EQ(device.counters()[1].why, "Not Supported (NVML error 3)");
  EXPECT_TRUE(device.counters()[2].value);
  EXPECT_EQ(device.limits().max_sm_clock_megahertz.why, "Unknown Error (NVML error 999)");
}

TEST_F(Nvml, WithoutInstantaneousPowerTheAverageIsTaken) {
  set("FAKE_NVML_FAIL", "186=3");
  const NvmlLibrary library;
  NvmlDevice device(library, uuid);
  EXPECT_EQ(device.read()[Sensor::power].value, 501);
  EXPECT_EQ(device.limits().power_source, "nvmlDeviceGetPowerUsage");
}

TEST_F(Nvml, WhereTheNewFormOfTemperatureFailsTheOldOneIsAsked) {
  set("FAKE_NVML_FAIL", "nvmlDeviceGetTemperatureV=25");
  const NvmlLibrary library;
  EXPECT_EQ(NvmlDevice(library, uuid).read()[Sensor::temperature].value, 43);
}

TEST_F(Nvml, ZeroIsNoTemperatureAndNoClock) {
  set("FAKE_NVML_MEMORY_TEMPERATURE", "0");
  set("FAKE_NVML_SM_CLOCK", "0");
  const NvmlLibrary library;
  const Sample sample = NvmlDevice(library, uuid).read();
  EXPECT_FALSE(sample[Sensor::memory_temperature].value);
  EXPECT_FALSE(sample[Sensor::sm_clock].value);
  EXPECT_THAT(sample[Sensor::sm_clock].why, HasSubstr("0"));
}

TEST_F(Nvml, ALostGpuSaysSo) {
  set("FAKE_NVML_LOST_AFTER", "1");
  const NvmlLibrary library;
  NvmlDevice device(library, uuid);
  EXPECT_TRUE(device.read()[Sensor::sm_clock].value);
  for (const Field& field : device.read().fields) {
    EXPECT_FALSE(field.value);
    EXPECT_EQ(field.why, "GPU is lost (NVML error 15)");
  }
  EXPECT_FALSE(device.counters()[0].value);
}

TEST_F(Nvml, OfAMigInstanceThePowerIsUnknown) {
  for (const char* how : {"mode", "instance"}) {
    set("FAKE_NVML_MIG", how);
    const NvmlLibrary library;
    NvmlDevice device(library, uuid);
    const Sample sample = device.read();
    EXPECT_TRUE(sample[Sensor::sm_clock].value) << how;
    EXPECT_TRUE(sample[Sensor::temperature].value) << how;
    for (Sensor sensor : {Sensor::power, Sensor::energy}) {
      EXPECT_FALSE(sample[sensor].value) << how;
      EXPECT_THAT(sample[sensor].why, HasSubstr("MIG")) << how;
    }
    for (const Field& counter : device.counters()) EXPECT_THAT(counter.why, HasSubstr("MIG")) << how;
  }
}

TEST_F(Nvml, AnUnknownDeviceIsNamed) {
  const NvmlLibrary library;
  EXPECT_EQ(error_of(Domain::loading, [&] { NvmlDevice(library, "XPU-1"); }),
            "NVML has no device XPU-1: Not Found (NVML error 6)");
}

TEST_F(Nvml, SaysWhyItCannotBeLoaded) {
  set("PETAPROOF_NVML", "libpetaproof-no-such-nvml.so.1");
  EXPECT_EQ(why_not_loaded(), "libpetaproof-no-such-nvml.so.1 is missing");
  set("PETAPROOF_NVML", "libm.so.6");
  EXPECT_THAT(why_not_loaded(), HasSubstr("libm.so.6 is no NVML"));
  use("nvml");
  set("FAKE_NVML_FAIL", "nvmlInit_v2=9");
  EXPECT_EQ(why_not_loaded(), "NVML does not start: Driver Not Loaded (NVML error 9)");
}

TEST_F(Nvml, AVersionThatCannotBeReadIsEmpty) {
  set("FAKE_NVML_FAIL", "nvmlSystemGetDriverVersion=999");
  EXPECT_EQ(NvmlLibrary().driver_version(), "");
}

TEST_F(Nvml, TellsOneGpuFromAnother) {
  const NvmlLibrary library;
  const GpuIdentity gpu = NvmlDevice(library, uuid).identity();
  EXPECT_EQ(gpu.reason, "");
  EXPECT_EQ(gpu.serial, "1654223003");
  EXPECT_EQ(gpu.pci_bus_id, "00000000:03:00.0");
  EXPECT_EQ(gpu.board_part_number, "692-2G520-0200-000");
  EXPECT_EQ(gpu.vbios_version, "96.00.61.00.01");
  EXPECT_EQ(gpu.driver_version, "580.65.06");
  EXPECT_EQ(gpu.multi_gpu_board, false);
  EXPECT_EQ(gpu.ecc, true);
  EXPECT_EQ(gpu.mig, false);  // a GPU that has no MIG mode is not in it
  EXPECT_EQ(gpu.max_sm_clock_megahertz, 1980);
  EXPECT_EQ(gpu.power_limit_watts, 700);
  EXPECT_EQ(gpu.default_power_limit_watts, 700);
  EXPECT_EQ(gpu.max_power_limit_watts, 710);
  EXPECT_TRUE(gpu.unread.empty());
  EXPECT_EQ(NvmlDevice(library, "GPU-00000000-0000-0000-0000-0000000000a1").identity().serial, "16542230a1");
}

TEST_F(Nvml, SaysWhyAnIdentityIsNotWhole) {
  set("FAKE_NVML_FAIL", "nvmlDeviceGetEccMode=3,nvmlDeviceGetBoardPartNumber=3");
  set("FAKE_NVML_SERIAL", "");
  use("nvml-old");
  const NvmlLibrary library;
  const GpuIdentity gpu = NvmlDevice(library, uuid).identity();
  EXPECT_FALSE(gpu.ecc);
  EXPECT_EQ(gpu.unread.at("ecc"), "Not Supported (NVML error 3)");
  EXPECT_FALSE(gpu.board_part_number);
  EXPECT_FALSE(gpu.serial);
  EXPECT_EQ(gpu.unread.at("serial"), "NVML reports an empty text");
  EXPECT_FALSE(gpu.pci_bus_id);
  EXPECT_EQ(gpu.unread.at("pci_bus_id"), "this driver's NVML has no nvmlDeviceGetPciInfo_v3");
  EXPECT_EQ(gpu.unread.size(), 4u);
}

TEST_F(Nvml, ASerialTooLongIsNotCutOff) {
  set("FAKE_NVML_SERIAL", std::string(40, '7'));
  const NvmlLibrary library;
  const GpuIdentity gpu = NvmlDevice(library, uuid).identity();
  EXPECT_FALSE(gpu.serial);
  EXPECT_THAT(gpu.unread.at("serial"), HasSubstr("NVML error 7"));
}

TEST_F(Nvml, KnowsThatAGpuIsCutIntoInstances) {
  for (const char* mode : {"mode", "instance"}) {
    set("FAKE_NVML_MIG", mode);
    const NvmlLibrary library;
    EXPECT_EQ(NvmlDevice(library, uuid).identity().mig, true) << mode;
  }
}

}  // namespace
}  // namespace petaproof
