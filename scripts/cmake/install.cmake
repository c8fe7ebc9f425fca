# A relocatable tree: bin/petaproof finds ../lib/libpetaproof_cuda.so and ../share/petaproof/configs by itself.
install(TARGETS petaproof RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/configs DESTINATION ${CMAKE_INSTALL_DATADIR}/petaproof)
# what is published beside them says which workloads have been proved on which GPU
install(DIRECTORY ${PROJECT_SOURCE_DIR}/results DESTINATION ${CMAKE_INSTALL_DATADIR}/petaproof
        PATTERN local EXCLUDE)
