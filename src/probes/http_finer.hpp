// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/probes/http_survey.hpp>

namespace lkdoctor::probes {

/// What is wrong although LiveKit answers: CDN, open plain port, debug endpoints, CORS, encoded paths,
/// answers that alternate, an old server.
void judge_finer_points(const HttpSurvey& survey, Side side, const Facts& facts, const Deployment& deployment,
                        Judgement& judgement);

}  // namespace lkdoctor::probes
