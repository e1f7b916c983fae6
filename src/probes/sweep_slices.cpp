// SPDX-License-Identifier: EUPL-1.2
#include "probes/sweep_slices.hpp"

#include <algorithm>
#include <map>

namespace lkdoctor::probes {
namespace {

constexpr std::size_t kFew = 3;

bool has_fewer(const SlicedPorts& one, const SlicedPorts& other) {
  return one.ports.size() < other.ports.size();
}

}  // namespace

std::vector<std::uint16_t> spread(const std::vector<std::uint16_t>& from, std::size_t wanted) {
  if (from.size() <= wanted) return from;
  std::vector<std::uint16_t> out;
  for (std::size_t i = 0; i < wanted; ++i) out.push_back(from[i * from.size() / wanted]);
  return out;
}

std::size_t share_of(std::size_t whole, std::size_t part, std::size_t all) {
  return (whole * part + all - 1) / all;
}

SweepSlices::SweepSlices(const std::vector<proto::Ports>& slices) {
  for (std::size_t i = 0; i < slices.size(); ++i)
    std::fill_n(of_.begin() + slices[i].first, slices[i].size(), static_cast<std::uint16_t>(i));
}

std::vector<SlicedPorts> SweepSlices::parts(const std::vector<std::uint16_t>& ports) const {
  std::map<std::size_t, std::vector<std::uint16_t>> by_slice;
  for (const std::uint16_t port : ports) by_slice[of(port)].push_back(port);
  std::vector<SlicedPorts> out;
  for (auto& [slice, its_ports] : by_slice) out.push_back({slice, std::move(its_ports)});
  return out;
}

SlicedPorts SweepSlices::fullest(const std::vector<std::uint16_t>& ports) const {
  const std::vector<SlicedPorts> all = parts(ports);
  return *std::ranges::max_element(all, has_fewer);
}

std::vector<std::uint16_t> SweepSlices::of_each(const std::vector<std::uint16_t>& ports,
                                                std::size_t wanted) const {
  std::vector<std::uint16_t> out;
  for (const SlicedPorts& part : parts(ports)) {
    const auto some = spread(part.ports, share_of(wanted, part.ports.size(), ports.size()));
    out.insert(out.end(), some.begin(), some.end());
  }
  return out;
}

std::vector<std::uint16_t> SweepSlices::in_few(const std::vector<std::uint16_t>& ports) const {
  std::vector<SlicedPorts> all = parts(ports);
  if (all.size() <= kFew) return ports;
  const std::size_t most = std::ranges::max_element(all, has_fewer)->ports.size();
  std::erase_if(all, [&](const SlicedPorts& one) { return 2 * one.ports.size() < most; });
  const std::size_t wanted = std::min(kFew, all.size());
  std::vector<std::uint16_t> out;
  for (std::size_t i = 0; i < wanted; ++i) {
    const SlicedPorts& one = all[wanted > 1 ? i * (all.size() - 1) / (wanted - 1) : 0];
    out.insert(out.end(), one.ports.begin(), one.ports.end());
  }
  return out;
}

}  // namespace lkdoctor::probes
