// SPDX-License-Identifier: EUPL-1.2
#include "probes/sweep_shots.hpp"

#include <algorithm>
#include <random>

namespace lkdoctor::probes {

std::vector<Shot> shots_of(const SweepVolley& volley) {
  std::vector<Shot> out;
  const std::size_t every = volley.controls.empty() ? 0 : volley.ports.size() / volley.controls.size() + 1;
  std::size_t next = 0;
  for (std::size_t i = 0; i < volley.ports.size(); ++i) {
    out.push_back({volley.ports[i], false});
    if (every > 0 && i % every == 0 && next < volley.controls.size())
      out.push_back({volley.controls[next++], true});
  }
  while (next < volley.controls.size()) out.push_back({volley.controls[next++], true});
  std::ranges::shuffle(out, std::minstd_rand(static_cast<unsigned>(out.size())));
  const auto control = std::ranges::find_if(out, &Shot::control);
  if (control != out.end()) std::swap(*control, out.back());
  return out;
}

}  // namespace lkdoctor::probes
