-- AOFlagger strategy for calibration blocks of the OVRO-LWA: few times, many channels.
--
-- Each polarization is searched by itself, for amplitudes that stand out of a background that is
-- smooth in frequency. The rank operator widens flags along frequency only: with a handful of times
-- it would spread one bad integration over all.
-- (What is found in one polarization counts for all; that is seen to where flags are read back.)

aoflagger.require_min_version("3.0")

-- Threshold of the last search, in units of the noise. With one or two times, 1.2 finds 97 % or more
-- of lines of four times the noise, and flags 0.2 % of good data; 4.0 finds hardly any line at all.
local SENSITIVITY = 1.2
local ROUNDS = 2              -- searches before it, each with a background without what was found
local COARSER = 2.0           -- the threshold of a search against that of the next
local TIME_RMS = 3.5          -- times whose noise is so many sigma above that of the others
local CHANNEL_RMS = 3.0       -- channels likewise, times the round's threshold against the last
-- Of the background: smooth in frequency alone, because on long baselines the beat of two sources
-- turns within one integration, and with a window of 16 times a tenth of such data was flagged.
local WINDOW_TIMES, WINDOW_CHANNELS = 1, 26
local SIGMA_TIMES, SIGMA_CHANNELS = 0.5, 5.0
local WIDEN_CHANNELS = 0.2    -- of a stretch of channels may be good within what is flagged

-- Returns amplitudes less their smooth background, which leaves out what is flagged.
local function without_background(amplitude, found, known)
  local background = amplitude:copy()
  background:set_mask(found)
  background:join_mask(known)
  aoflagger.low_pass_filter(background, WINDOW_TIMES, WINDOW_CHANNELS, SIGMA_TIMES, SIGMA_CHANNELS)
  local rest = amplitude - background
  rest:set_mask(found)
  return rest
end

-- Flags in `rest` what stands out, leaving out what `known` has flagged before.
local function search(rest, known, factor)
  local level = SENSITIVITY * factor
  aoflagger.sumthreshold_masked(rest, known, level, level, true, true)
  local channels = rest:copy()
  aoflagger.threshold_channel_rms(channels, CHANNEL_RMS * factor, true)
  aoflagger.threshold_timestep_rms(rest, TIME_RMS)
  rest:join_mask(channels)
end

-- Returns what is found in one polarization.
local function find(data)
  local amplitude = data:convert_to_complex("amplitude")
  local known = amplitude:copy()
  local rest = amplitude:copy()
  rest:clear_mask()
  for round = ROUNDS, 1, -1 do
    search(rest, known, COARSER ^ round)
    rest = without_background(amplitude, rest, known)
  end
  aoflagger.sumthreshold_masked(rest, known, SENSITIVITY, SENSITIVITY, true, true)
  aoflagger.scale_invariant_rank_operator_masked(rest, known, 0.0, WIDEN_CHANNELS)
  return rest
end

function execute(input)
  input:flag_nans()
  input:flag_zeros()
  local polarizations = input:get_polarizations()
  for number, polarization in ipairs(polarizations) do
    local data = input:convert_to_polarization(polarization)
    data:join_mask(find(data))
    input:set_polarization_data(polarization, data)
    aoflagger.set_progress(number, #polarizations)
  end
  input:flag_nans()
end
