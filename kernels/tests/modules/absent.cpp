// The library that testlacking.cpp is linked against; built where no loader looks.
extern "C" int petaproof_testabsent();
extern "C" int petaproof_testabsent() {
  return 1;
}
