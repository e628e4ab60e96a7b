#include "scenario.h"

#include <map>
#include <stdexcept>
#include <string>

namespace simulated {
namespace {

std::pair<double, double> read_pair(const std::string& text) {
  const std::size_t colon = text.find(':');
  return {std::stod(text.substr(0, colon)), std::stod(text.substr(colon + 1))};
}

}  // namespace

Scenario read_scenario(int count, const char* const* words) {
  Scenario scenario;
  const std::map<std::string, double*> numbers{
      {"seconds", &scenario.seconds},   {"ppm", &scenario.ppm},   {"noise", &scenario.noise},
      {"drift", &scenario.drift},       {"walk", &scenario.walk}, {"outliers", &scenario.outliers},
      {"outlier", &scenario.outlier},   {"slow", &scenario.slow}, {"system", &scenario.system},
      {"from", &scenario.measured_from}};
  for (int i = 0; i < count; ++i) {
    const std::string word = words[i];
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : word.substr(equals + 1);
    if (const auto number = numbers.find(name); number != numbers.end()) {
      *number->second = std::stod(value);
    } else if (name == "seed") {
      scenario.seed = std::stoull(value);
    } else if (name == "step") {
      const auto [at, by] = read_pair(value);
      scenario.steps.push_back({at, by});
    } else if (name == "jump") {
      const auto [at, by] = read_pair(value);
      scenario.jumps.push_back({at, by});
    } else if (name == "gap") {
      const auto [from, to] = read_pair(value);
      scenario.gaps.push_back({from, to});
    } else {
      throw std::invalid_argument("unknown word " + word);
    }
  }
  return scenario;
}

}  // namespace simulated
