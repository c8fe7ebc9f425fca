// In place of libcuda.so.1 where there is no driver: enough that cuDNN, asked for plans for a GPU that is described
// to it, loads and compiles. What it compiled it hands to the driver, which here takes everything and runs nothing;
// any other function says that there is no GPU.
namespace {
enum { success = 0, no_device = 100 };

int some(void** handle) {
  static int one;
  *handle = &one;
  return success;
}
}  // namespace

extern "C" {

int cuDriverGetVersion(int* version) {
  *version = 13000;
  return success;
}
int cuGetErrorName(int, const char** name) {
  *name = "NO_DRIVER";
  return success;
}
int cuGetErrorString(int, const char** text) {
  *text = "no driver";
  return success;
}

int cuModuleLoadData(void** module) {
  return some(module);
}
int cuModuleGetFunction(void** function) {
  return some(function);
}
int cuModuleUnload() {
  return success;
}
int cuLibraryLoadData(void** library) {
  return some(library);
}
int cuLibraryGetKernel(void** kernel) {
  return some(kernel);
}
int cuLibraryUnload() {
  return success;
}
int cuKernelGetFunction(void** function) {
  return some(function);
}
int cuKernelSetAttribute() {
  return success;
}

#define NO_DEVICE(name) \
  int name() {          \
    return no_device;   \
  }
// clang-format off
NO_DEVICE(cuCtxGetCurrent)
NO_DEVICE(cuCtxGetLimit)
NO_DEVICE(cuCtxPopCurrent)
NO_DEVICE(cuCtxPushCurrent)
NO_DEVICE(cuDeviceGet)
NO_DEVICE(cuDeviceGetCount)
NO_DEVICE(cuKernelGetAttribute)
NO_DEVICE(cuLaunchCooperativeKernel)
NO_DEVICE(cuLaunchKernel)
NO_DEVICE(cuLaunchKernelEx)
NO_DEVICE(cuLibraryLoadFromFile)
NO_DEVICE(cuLinkAddData)
NO_DEVICE(cuLinkComplete)
NO_DEVICE(cuLinkCreate)
NO_DEVICE(cuLinkDestroy)
NO_DEVICE(cuOccupancyMaxPotentialClusterSize)
NO_DEVICE(cuStreamGetCtx)
NO_DEVICE(cuTensorMapEncodeIm2col)
NO_DEVICE(cuTensorMapEncodeTiled)
// clang-format on
}
