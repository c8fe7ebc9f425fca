// What Petaproof uses of NVML, declared by hand: no header of NVIDIA's is needed to build, no library to link, and a
// function that an older driver lacks is a null pointer here, not a failure to load.
//
// Source: NVML API Reference Guide, API version 13 (https://docs.nvidia.com/deploy/nvml-api/): names, enumerators,
// units and layouts, held against nvml.h of that version and, for the layouts, against the bindings nvidia-ml-py
// 13.615.71. Structures are versioned or frozen by NVML's ABI, so they hold for older and newer drivers alike.
#pragma once

#include <cstdint>

namespace petaproof::nvml {

using Return = int;                    // nvmlReturn_t, an enum
using Device = struct nvmlDevice_st*;  // nvmlDevice_t, opaque

enum : Return {
  NVML_SUCCESS = 0,
  NVML_ERROR_INVALID_ARGUMENT = 2,
  NVML_ERROR_NOT_SUPPORTED = 3,
  NVML_ERROR_NO_PERMISSION = 4,
  NVML_ERROR_NOT_FOUND = 6,
  NVML_ERROR_INSUFFICIENT_SIZE = 7,
  NVML_ERROR_DRIVER_NOT_LOADED = 9,
  NVML_ERROR_GPU_IS_LOST = 15,
  NVML_ERROR_UNKNOWN = 999,
};

enum ClockType : int { NVML_CLOCK_SM = 1, NVML_CLOCK_MEM = 2 };  // nvmlClockType_t; MHz
enum TemperatureSensor : int { NVML_TEMPERATURE_GPU = 0 };       // nvmlTemperatureSensors_t
enum ErrorType : int { NVML_MEMORY_ERROR_TYPE_CORRECTED = 0, NVML_MEMORY_ERROR_TYPE_UNCORRECTED = 1 };
enum EccCounter : int { NVML_VOLATILE_ECC = 0 };  // nvmlEccCounterType_t: since the driver was loaded

// Bits of what nvmlDeviceGetCurrentClocksEventReasons returns; several may be set at once, none is "as high as
// possible". The names stand in records.
struct ClockEventReason {
  std::uint64_t bit;
  const char* name;
};
inline constexpr ClockEventReason clock_event_reasons[] = {
    {0x001, "gpu_idle"},                     // nvmlClocksEventReasonGpuIdle
    {0x002, "applications_clocks_setting"},  // nvmlClocksEventReasonApplicationsClocksSetting
    {0x004, "sw_power_cap"},                 // nvmlClocksEventReasonSwPowerCap
    {0x008, "hw_slowdown"},                  // nvmlClocksThrottleReasonHwSlowdown
    {0x010, "sync_boost"},                   // nvmlClocksEventReasonSyncBoost
    {0x020, "sw_thermal_slowdown"},          // nvmlClocksEventReasonSwThermalSlowdown
    {0x040, "hw_thermal_slowdown"},          // nvmlClocksThrottleReasonHwThermalSlowdown
    {0x080, "hw_power_brake_slowdown"},      // nvmlClocksThrottleReasonHwPowerBrakeSlowdown
    {0x100, "display_clock_setting"},        // nvmlClocksEventReasonDisplayClockSetting
};

// Fields of nvmlDeviceGetFieldValues.
enum FieldId : unsigned {
  NVML_FI_DEV_MEMORY_TEMP = 82,     // degrees C
  NVML_FI_DEV_POWER_INSTANT = 186,  // mW, "current GPU power"; nvmlDeviceGetPowerUsage averages over 1 s since Ampere
};

enum ValueType : int {  // nvmlValueType_t
  NVML_VALUE_TYPE_DOUBLE = 0,
  NVML_VALUE_TYPE_UNSIGNED_INT = 1,
  NVML_VALUE_TYPE_UNSIGNED_LONG = 2,
  NVML_VALUE_TYPE_UNSIGNED_LONG_LONG = 3,
  NVML_VALUE_TYPE_SIGNED_LONG_LONG = 4,
  NVML_VALUE_TYPE_SIGNED_INT = 5,
  NVML_VALUE_TYPE_UNSIGNED_SHORT = 6,
};

union Value {  // nvmlValue_t
  double dVal;
  int siVal;
  unsigned int uiVal;
  unsigned long ulVal;
  unsigned long long ullVal;
  signed long long sllVal;
  unsigned short usVal;
};

struct FieldValue {  // nvmlFieldValue_t
  unsigned int fieldId;
  unsigned int scopeId;  // 0: for power, the GPU (NVML_POWER_SCOPE_GPU)
  long long timestamp;   // microseconds since 1970
  long long latencyUsec;
  ValueType valueType;
  Return nvmlReturn;  // of this field alone; the value means something only after NVML_SUCCESS
  Value value;
};
static_assert(sizeof(FieldValue) == 40);

struct Temperature {  // nvmlTemperature_v1_t
  unsigned int version;
  TemperatureSensor sensorType;
  int temperature;  // degrees C
};
inline constexpr unsigned nvmlTemperature_v1 = sizeof(Temperature) | 1U << 24;  // NVML_STRUCT_VERSION
static_assert(sizeof(Temperature) == 12);

struct PciInfo {  // nvmlPciInfo_t
  char busIdLegacy[16];
  unsigned int domain;
  unsigned int bus;
  unsigned int device;
  unsigned int pciDeviceId;
  unsigned int pciSubSystemId;
  char busId[32];  // "00000000:1B:00.0": NVML_DEVICE_PCI_BUS_ID_FMT, "%08X:%02X:%02X.0"
};
static_assert(sizeof(PciInfo) == 68);

enum EnableState : int { NVML_FEATURE_DISABLED = 0, NVML_FEATURE_ENABLED = 1 };  // nvmlEnableState_t

inline constexpr unsigned NVML_SYSTEM_DRIVER_VERSION_BUFFER_SIZE = 80;
inline constexpr unsigned NVML_SYSTEM_NVML_VERSION_BUFFER_SIZE = 80;
inline constexpr unsigned NVML_DEVICE_SERIAL_BUFFER_SIZE = 30;
inline constexpr unsigned NVML_DEVICE_VBIOS_VERSION_BUFFER_SIZE = 32;
inline constexpr unsigned NVML_DEVICE_PART_NUMBER_BUFFER_SIZE = 80;
inline constexpr unsigned NVML_DEVICE_MIG_ENABLE = 1;

// The functions, by their own names; null where the loaded library has no such symbol.
struct Functions {
  Return (*nvmlInit_v2)();
  const char* (*nvmlErrorString)(Return);
  Return (*nvmlSystemGetDriverVersion)(char* version, unsigned length);
  Return (*nvmlSystemGetNVMLVersion)(char* version, unsigned length);
  Return (*nvmlDeviceGetHandleByUUID)(const char* uuid, Device*);
  Return (*nvmlDeviceGetMigMode)(Device, unsigned* current, unsigned* pending);
  Return (*nvmlDeviceGetDeviceHandleFromMigDeviceHandle)(Device mig, Device* parent);
  Return (*nvmlDeviceGetSerial)(Device, char* serial, unsigned length);
  Return (*nvmlDeviceGetPciInfo_v3)(Device, PciInfo*);
  Return (*nvmlDeviceGetBoardPartNumber)(Device, char* part_number, unsigned length);
  Return (*nvmlDeviceGetMultiGpuBoard)(Device, unsigned* is_one);
  Return (*nvmlDeviceGetVbiosVersion)(Device, char* version, unsigned length);
  Return (*nvmlDeviceGetEccMode)(Device, EnableState* current, EnableState* pending);
  Return (*nvmlDeviceGetPowerManagementDefaultLimit)(Device, unsigned* milliwatts);
  Return (*nvmlDeviceGetPowerManagementLimitConstraints)(Device, unsigned* min_milliwatts, unsigned* max_milliwatts);
  Return (*nvmlDeviceGetClockInfo)(Device, ClockType, unsigned* megahertz);
  Return (*nvmlDeviceGetMaxClockInfo)(Device, ClockType, unsigned* megahertz);
  Return (*nvmlDeviceGetFieldValues)(Device, int count, FieldValue*);
  Return (*nvmlDeviceGetPowerUsage)(Device, unsigned* milliwatts);
  Return (*nvmlDeviceGetEnforcedPowerLimit)(Device, unsigned* milliwatts);
  Return (*nvmlDeviceGetTotalEnergyConsumption)(Device, unsigned long long* millijoules);  // since the driver's load
  Return (*nvmlDeviceGetTemperatureV)(Device, Temperature*);
  Return (*nvmlDeviceGetTemperature)(Device, TemperatureSensor, unsigned* celsius);  // its older form
  Return (*nvmlDeviceGetCurrentClocksEventReasons)(Device, unsigned long long* reasons);
  Return (*nvmlDeviceGetCurrentClocksThrottleReasons)(Device, unsigned long long* reasons);  // its older name
  Return (*nvmlDeviceGetTotalEccErrors)(Device, ErrorType, EccCounter, unsigned long long* count);
  Return (*nvmlDeviceGetRemappedRows)(Device, unsigned* corrected, unsigned* uncorrected, unsigned* pending,
                                      unsigned* failed);
};

}  // namespace petaproof::nvml
