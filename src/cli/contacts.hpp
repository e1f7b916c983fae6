// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/deployment.hpp>

#include "engine/plan.hpp"

namespace lkdoctor::cli {

/// A place that a run would talk to.
struct Contact {
  std::string host, port, protocol, why;
};

/// Every host, port and protocol that the plan would contact. No I/O.
std::vector<Contact> contacts_of(const Deployment& deployment, const std::vector<engine::PlannedCheck>& plan);

}  // namespace lkdoctor::cli
