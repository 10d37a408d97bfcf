BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
}

Describe 'ConvertFrom-BpfAssembly' {
    It 'reads a program' {
        $program = ConvertFrom-BpfAssembly ".program pick`n.license `"GPL`"`nr1 = 5 ll`nr0 = 1`nexit"
        $program.Name | Should -BeExactly 'pick'
        $program.License | Should -BeExactly 'GPL'
        $program.Type | Should -Be 'SkReuseport'
        $program.InstructionCount | Should -Be 4
    }

    It 'reads lines that come one by one' {
        $program = 'r0 = 1', '', 'exit' | ConvertFrom-BpfAssembly -Name lines
        $program.Name | Should -BeExactly 'lines'
        $program.InstructionCount | Should -Be 2
    }

    It 'reads each text of several lines as a program' {
        @("r0 = 1`nexit", "r0 = 2`nexit" | ConvertFrom-BpfAssembly).Count | Should -Be 2
    }

    It 'gives back what was written' {
        $text = ConvertFrom-BpfAssembly ".map m hash key=4 value=4 entries=9`nagain: r1 = map[m] ll`nmay_goto again`nlock *(u64 *)(r10 - 8) += r1`nexit" | ConvertTo-BpfAssembly
        $text | ConvertFrom-BpfAssembly | ConvertTo-BpfAssembly | Should -BeExactly $text
    }

    It 'names line, column and remedy of <text>' -ForEach @(
        @{ text = "exit`nr0 = r11"; place = 'line 2:6'; code = 'RPS1044' }
        @{ text = "goto out`nexit"; place = 'line 1:6'; code = 'RPS1046' }
        @{ text = "r0 = 1`nr0 = 2"; place = 'line 2:1'; code = 'RPS1010' }
        @{ text = ".mop m array`nexit"; place = 'line 1:1'; code = 'RPS1054' }
    ) {
        $failure = $null
        ConvertFrom-BpfAssembly $text -ErrorVariable failure -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $failure[0].ErrorDetails.Message | Should -Match $place
        $failure[0].ErrorDetails.Message | Should -Match $code
        $failure[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
    }

    It 'finds several mistakes at once' {
        $failure = $null
        ConvertFrom-BpfAssembly "r0 = w1`ncall nobody`nexit" -ErrorVariable failure -ErrorAction SilentlyContinue
        $failure.Count | Should -Be 2
    }
}
