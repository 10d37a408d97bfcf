BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 7 -CpuCount 2
}

Describe 'Get-ReuseportBackend' {
    It 'says what commands act on, and who chose it' {
        $backend = Get-ReuseportBackend
        $backend.Kind | Should -Be 'Simulator'
        $backend.Seed | Should -Be 7
        $backend.CpuCount | Should -Be 2
        $backend.KernelVersion | Should -Be '6.18'
        $backend.ChosenBy | Should -Be 'Set-ReuseportBackend'
    }

    It 'lets the parameter win' {
        (Get-ReuseportBackend -Backend Simulator).ChosenBy | Should -Match 'parameter'
    }

    It 'refuses an unknown backend' {
        { Get-ReuseportBackend -Backend Windows } | Should -Throw -ErrorId 'CannotConvertArgumentNoMessage*'
    }
}
