BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
}

Describe 'Set-ReuseportBackend' {
    It 'writes the backend only with -PassThru' {
        Set-ReuseportBackend Simulator -Seed 2 | Should -BeNullOrEmpty
        (Set-ReuseportBackend Simulator -Seed 3 -PassThru).Seed | Should -Be 3
    }

    It 'is always a fresh simulator' {
        Set-ReuseportBackend Simulator -Seed 1
        $null = New-ReuseportGroup web -SlotCount 2 -Port 5300
        Set-ReuseportBackend Simulator -Seed 1
        Get-ReuseportGroup | Should -BeNullOrEmpty
    }

    It 'changes nothing with -WhatIf' {
        Set-ReuseportBackend Simulator -Seed 4
        Set-ReuseportBackend Simulator -Seed 5 -WhatIf
        (Get-ReuseportBackend).Seed | Should -Be 4
    }

    It 'refuses a seed for the kernel' {
        { Set-ReuseportBackend Linux -Seed 1 } | Should -Throw -ErrorId 'InvalidParameterCombination*'
        (Get-ReuseportBackend).Kind | Should -Be 'Simulator'
    }

    It 'refuses <count> CPUs' -ForEach @{ count = 0 }, @{ count = 5000 } {
        { Set-ReuseportBackend Simulator -CpuCount $count } | Should -Throw -ErrorId 'ParameterArgumentValidationError*'
    }
}
