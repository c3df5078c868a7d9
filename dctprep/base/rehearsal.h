// SPDX-License-Identifier: BSD-3-Clause
// HDF5 crashes or never comes back on some damaged files (1.10.8: on damaged mappings of virtual datasets, among
// others). So whatever opens a file that came from elsewhere is tried out in a child process first.
#pragma once

#include <string_view>
#include <type_traits>

namespace dctprep::hdf5 {

namespace rehearsal {

// Marks the calling thread as one whose work was tried out, as long as it lives.
class Passed {
 public:
  Passed();
  ~Passed();
  Passed(const Passed&) = delete;
  Passed& operator=(const Passed&) = delete;
};

// Whether the calling thread is inside of `rehearsed` already, in the child or in the parent.
bool begun();
void try_out(std::string_view what, void (*body)(void*), void* data);

}  // namespace rehearsal

// Whether this is the child. It should touch all metadata that is read later, when there is no child any more.
bool in_rehearsal();

// What is being opened: names the culprit where the child dies. Nothing outside of a rehearsal.
void note_file(std::string_view file);
void note_object(std::string_view path);  // of the file noted last

// body(), after a forked child has run it too, in silence, and come to its end (by an Error as well, which the parent
// then meets itself). Error "PLACE: damaged: HDF5 crashes reading it" where the child dies, or spends more than 10 s of
// processor time in one place; PLACE is what was noted last, or `what`. Costs about two milliseconds and `body` once
// more; inside of another `rehearsed` nothing. `body` must start no threads and wait for none: the child has only one.
// Safe where other threads use HDF5: the child inherits the library unlocked. Where no child can be made, there is
// none.
template <class Body>
std::invoke_result_t<Body&> rehearsed(std::string_view what, Body&& body) {
  if (rehearsal::begun()) return body();
  rehearsal::try_out(
      what, [](void* data) { (void)(*static_cast<std::remove_reference_t<Body>*>(data))(); }, &body);
  const rehearsal::Passed passed;
  return body();
}

}  // namespace dctprep::hdf5
