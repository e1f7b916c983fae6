// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/check.hpp>
#include <lkdoctor/probes/data_trip.hpp>

namespace lkdoctor::checks {

/// Over UDP, then over TCP where UDP did not connect.
struct DataObservation {
  std::vector<probes::DataTrip> trips;
};
LKDOCTOR_JSON(DataObservation, trips)

inline constexpr Milliseconds kSecondTrip{6'000};  ///< time that must be left for it

inline awaitable<DataObservation> try_data(Probe& probe) {
  DataObservation observation;
  auto udp = co_await probes::open_data_channels(probe, probes::Transport::udp);
  const bool connected = udp.session.connected();
  const bool joined = udp.session.stage != probes::MediaStage::signalling;
  observation.trips.push_back(std::move(udp));
  if (connected || !joined || Clock::now() + kSecondTrip > probe.deadline()) co_return observation;
  auto tcp = co_await probes::open_data_channels(probe, probes::Transport::tcp);
  observation.trips.push_back(std::move(tcp));
  co_return observation;
}

}  // namespace lkdoctor::checks
