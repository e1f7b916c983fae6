// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/proto/port_test.hpp>
#include <vector>

/// Which ports answer at the same time: without a raw socket a responder has one slice of them at a time. No
/// I/O.
namespace lkdoctor::probes {

/// As many of them, evenly.
std::vector<std::uint16_t> spread(const std::vector<std::uint16_t>& from, std::size_t wanted);
/// Of `whole`, as `part` of `all`, rounded up.
std::size_t share_of(std::size_t whole, std::size_t part, std::size_t all);

struct SlicedPorts {
  std::size_t slice = 0;
  std::vector<std::uint16_t> ports;
};

class SweepSlices {
 public:
  /// None: all ports answer at any time, and are slice 0.
  explicit SweepSlices(const std::vector<proto::Ports>& slices);

  std::size_t of(std::uint16_t port) const { return of_[port]; }
  /// By slice, in order.
  std::vector<SlicedPorts> parts(const std::vector<std::uint16_t>& ports) const;
  /// The part in which most of them are. REQUIRES: there are some.
  SlicedPorts fullest(const std::vector<std::uint16_t>& ports) const;
  /// As many of them, and some of each slice: each has a time of its own to be lost in.
  std::vector<std::uint16_t> of_each(const std::vector<std::uint16_t>& ports, std::size_t wanted) const;
  /// Those of three slices, evenly spread, of slices that have many of them.
  std::vector<std::uint16_t> in_few(const std::vector<std::uint16_t>& ports) const;

 private:
  std::vector<std::uint16_t> of_ = std::vector<std::uint16_t>(65536);
};

}  // namespace lkdoctor::probes
