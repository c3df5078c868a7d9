# SPDX-License-Identifier: BSD-3-Clause
# Tests, and with CMAKE_UNITY_BUILD all but kernels and benchmarks, are compiled several files at a time: most of a
# file's time is what it includes. So no two files of a folder may give two things at file scope one name, not even in
# anonymous namespaces.
#
# One target a folder. dctprep_folder(NAME DEPENDS ...) makes the library dctprep_NAME (alias dctprep::NAME) of the
# folder's sources and, of its *_test.cc, the program NAME_test; of its *_bench.cc, with DCTPREP_BENCH, bench_NAME.
function(dctprep_folder name)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cc)
  set(benches ${sources})
  list(FILTER benches INCLUDE REGEX "_bench\\.cc$")
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER sources EXCLUDE REGEX "_(test|bench)\\.cc$")
  if(sources)
    add_library(dctprep_${name} STATIC ${sources})
    set(scope PUBLIC)
  else()
    add_library(dctprep_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(dctprep::${name} ALIAS dctprep_${name})
  target_include_directories(dctprep_${name} ${scope} ${PROJECT_SOURCE_DIR})
  target_compile_features(dctprep_${name} ${scope} cxx_std_20)
  target_link_libraries(dctprep_${name} ${scope} ${ARG_DEPENDS})
  dctprep_compile_options(dctprep_${name} ${scope})
  if(DCTPREP_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE dctprep_${name} dctprep::testing GTest::gtest_main)
    set_target_properties(${name}_test PROPERTIES UNITY_BUILD ON)
    dctprep_compile_options(${name}_test PRIVATE)
    gtest_discover_tests(${name}_test DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 600)
  endif()
  if(DCTPREP_BENCH AND benches)
    add_executable(bench_${name} ${benches})
    target_link_libraries(bench_${name} PRIVATE dctprep_${name} benchmark::benchmark_main)
    set_target_properties(bench_${name} PROPERTIES UNITY_BUILD OFF)
    dctprep_compile_options(bench_${name} PRIVATE)
  endif()
endfunction()

# -Wno-restrict where warnings are no errors: at -O3 g++ 12 warns of its own strings, without cause (GCC bug 105651).
# -ffp-contract=off: results are the same bits on every machine, so no product is fused into a sum behind our back.
function(dctprep_compile_options target scope)
  if(scope STREQUAL "PUBLIC")
    set(scope PRIVATE)
  endif()
  if(NOT scope STREQUAL "INTERFACE")
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wno-missing-field-initializers -ffp-contract=off
                           $<IF:$<BOOL:${DCTPREP_WERROR}>,-Werror,-Wno-restrict>)
  endif()
endfunction()
