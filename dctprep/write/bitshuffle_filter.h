// SPDX-License-Identifier: BSD-3-Clause
// HDF5's filter 32008, without its plugin.
#pragma once

#include <hdf5.h>

namespace dctprep {

// Makes HDF5 know filter 32008 (bitshuffle), whether or not its plugin is installed: datasets can then be made with it
// and read. Any number of times, from any thread.
void register_bitshuffle();

// Datasets made with this creation list have chunks of bitshuffled, LZ4-packed elements of so many bytes.
void set_bitshuffle_lz4(hid_t creation_list, unsigned element_size);

}  // namespace dctprep
