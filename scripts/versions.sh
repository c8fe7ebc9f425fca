# shellcheck shell=bash disable=SC2034  # read by the scripts that source it
# The one place where versions and packages are named.
#
# Debian's own packages carry no version here: a stable release still moves, and pinning to what it no longer
# serves would break a fresh machine. Tried with Debian 12.11 (2026-11-22): cmake 3.25.1, ninja-build 1.11.1,
# g++ 12.2.0, openmpi 4.1.4, libopenblas 0.3.21, libgtest 1.12.1, libbenchmark 1.7.1, nlohmann-json3 3.11.2,
# libcli11 2.1.2, libfmt 9.1.0, libssl 3.0, libboost 1.74, python3 3.11.2, python3-jsonschema 4.10.3, shellcheck 0.9.0.

cmake_minimum=3.22      # the same as in CMakeLists.txt
jsonschema_minimum=4.0  # the tests validate records with it

debian_packages=(
  g++ cmake ninja-build git python3 python3-venv
  openmpi-bin libopenmpi-dev libopenblas-dev
  libgtest-dev libgmock-dev libbenchmark-dev
  nlohmann-json3-dev libcli11-dev libfmt-dev libssl-dev libboost-dev
)
debian_test_packages=(python3-jsonschema iproute2 shellcheck)

# The same needs in CMake's and the shell's words, for machines whose packages go by other names.
needed_tools=(c++ ninja git python3 mpirun)
needed_cmake_packages=(fmt nlohmann_json CLI11 OpenSSL Threads Boost MPI GTest)

# Python wheels, into .venv, each only where the machine has none or one too old.
cmake_wheels=(cmake==3.31.6)
jsonschema_wheels=(jsonschema==4.17.3 attrs==23.2.0 pyrsistent==0.20.0)

# CUDA, for preset cuda: a toolkit of the machine's own if it is new enough (the same minimum as in cuda.cmake);
# otherwise NVIDIA's wheels, which need nothing else. cuBLASLt, NCCL, cuDNN and its C++ frontend likewise, each by itself.
cuda_minimum=12.8
cuda_compiler_wheels=(
  nvidia-cuda-nvcc==13.0.88 nvidia-cuda-crt==13.0.88 nvidia-nvvm==13.0.88
  nvidia-cuda-runtime==13.0.96 nvidia-cuda-cccl==13.0.85
)
cublas_wheel=nvidia-cublas==13.1.0.3 # that of CUDA 13.0 update 2, the first to emulate FP64
nccl_wheel=nvidia-nccl-cu13==2.28.9
cudnn_wheel=nvidia-cudnn-cu13==9.28.1.4
# headers alone; from 1.19 on they need NVRTC's, for kernels that nothing here asks for
cudnn_frontend_wheel=nvidia-cudnn-frontend==1.18.0
# for the tests; the first that there are, and they read older machine code
cuobjdump_wheels=(nvidia-cuda-cuobjdump==13.2.51 nvidia-cuda-nvdisasm==13.2.51)
wheels_cuda_major=13 # what these libraries are built for: no other toolkit takes them
