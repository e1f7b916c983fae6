// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/deployment.hpp>
#include <vector>

namespace lkdoctor::probes {

/// Two participants of one room: a responder lends several such pairs, so that checks need not wait for each
/// other.
struct CarriedPair {
  Secret publisher, subscriber;
};
inline constexpr std::size_t kCarriedPairs = 4;  ///< a responder keeps that many of one client

/// Kept in Deployment::secrets, one a line.
std::vector<CarriedPair> carried_pairs(const Deployment& deployment);
void add_carried_pair(const CarriedPair& pair, Deployment& deployment);
/// The first pair is the run's token. REQUIRES: there is one.
void lend_token(Deployment& deployment);

}  // namespace lkdoctor::probes
